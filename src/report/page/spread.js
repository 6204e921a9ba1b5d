/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long the OK took, and how long the failures waited: timers stand out. */
function distribution(values, range, top, height, width, left, class_name, down) {
	const tall = values.reduce((most, value) => Math.max(most, value), 0);
	let path = '';
	const each = (width - left - 12) / (range[1] - range[0]);
	for (let level = range[0]; level < range[1]; level++) {
		if (!(values[level] > 0)) continue;
		const bar = Math.max(1.5, (values[level] / tall) * height);

		path += block(
			left + (level - range[0]) * each,
			down ? top : top + height,
			Math.max(each - 0.6, 1),
			down ? bar : -bar,
		);
	}
	return {peak: tall, node: svg('path', {d: path, class: class_name})};
}

function draw_waits() {
	const fine = page.levels_total;
	const used = [...page.ok_total.keys()].filter((i) => page.ok_total[i] > 0 || page.wait_total[i] > 0);
	const section = document.getElementById('waits');
	if (used.length === 0) return;
	section.hidden = false;
	const range = [Math.floor(used[0] / fine) * fine, Math.ceil((used[used.length - 1] + 1) / fine) * fine];
	const width = Math.max(300, (section.clientWidth || 800) - 2);
	size_of_waits.width = width;
	const left = width < 560 ? 44 : 150;
	const x = (us) =>
		left +
		((Math.log10(Math.max(us, 1)) * fine - range[0]) * (width - left - 12)) / (range[1] - range[0]);
	const node = svg('svg', {
		role: 'img',
		'aria-label':
			'Distribution of the times from SYN to OK and of the waits of the failed connections. ' +
			timer_words(),
	});
	const middle = 166;
	const failed = lanes.length > 0;
	let waits = {peak: 0};
	const bottom = failed ? 332 : middle + 8;
	for (let level = range[0]; level <= range[1]; level += fine) {
		const at = left + ((level - range[0]) * (width - left - 12)) / (range[1] - range[0]);
		node.append(svg('path', {class: 'grid', d: route('M', at, '64V', bottom)}));
		node.append(
			text(at, bottom + 16, decade(level / fine), {
				class: 'faint',
				'text-anchor': level === range[1] ? 'end' : 'middle',
			}),
		);
	}
	const oks = distribution(page.ok_total, range, 68, middle - 68, width, left, 'f-good', false);
	node.append(oks.node, svg('path', {class: 'rule', d: route('M', left, middle + 0.5, 'H', width - 12)}));
	side_label(node, left, 100, 'got the OK', 'SYN to OK', 'f-good');
	if (oks.peak > 0) quantiles(node, x, middle);
	if (failed) {
		waits = distribution(page.wait_total, range, middle + 2, 100, width, left, 'f-bad', true);
		node.append(waits.node);
		side_label(node, left, middle + 50, 'failed', 'waited', 'f-bad');
		timers(node, x, middle, width);
	}
	fill(node, {viewBox: '0 0 ' + width + ' ' + (bottom + 24), width, height: bottom + 24});
	section.replaceChildren(
		html(
			'h2',
			{},
			failed ? 'How long the OK took, and how long the failures waited' : 'How long the OK took',
		),
		html('div', {class: 'plot'}, node),
		html(
			'p',
			{class: 'hint'},
			'Logarithmic axis. The tallest bar of each side fills its height: ' +
				count(oks.peak, 'OK') +
				(failed
					? ', ' +
						count(waits.peak, 'failure') +
						'. Waits that agree on one length stand as one bar: a timer.'
					: '.'),
		),
	);
}

function side_label(node, left, y, words, more, class_name) {
	if (left < 100) {
		node.append(
			svg('path', {class: class_name, d: route('M6', y - 10, 'h10v10h-10z')}),
			text(4, y + 14, words.split(' ')[0], {}),
		);
		return;
	}
	node.append(
		svg('path', {class: class_name, d: route('M10', y - 9, 'h10v10h-10z')}),
		text(26, y, words, {'font-weight': 600}),
		text(26, y + 16, more, {class: 'faint'}),
	);
}

const size_of_waits = {width: 800};

function quantiles(node, x, middle) {
	const quantile = summary.syn_to_ok_us;
	const told = new Map();
	for (const [name, words] of [
		['p50', 'median'],
		['p90', '90 %'],
		['p99', '99 %'],
		['max', 'max'],
	]) {
		const value = quantile[name];
		if (value !== null) told.set(value, told.has(value) ? told.get(value) + ', ' + words : words);
	}
	/* A label goes to the first line on which it does not touch the one before it. */
	const ends = [-Infinity, -Infinity, -Infinity, -Infinity];
	for (const [value, names] of told) {
		const words = names + ' ' + duration(value);
		const half = words.length * 3.4;
		const at = Math.min(Math.max(x(value), half), size_of_waits.width - half);
		const line = Math.max(
			0,
			ends.findIndex((end) => at - half > end + 6),
		);
		ends[line] = at + half;
		node.append(
			svg('path', {
				class: 'rule',
				d: route('M', x(value), 18 + line * 15, 'V', middle),
				'stroke-dasharray': '3 3',
			}),
			text(at, 14 + line * 15, words, {'text-anchor': 'middle', class: 'faint'}),
		);
	}
}

function timer_list() {
	const seen = new Map();
	for (const finding of findings) {
		if (finding.timer === null) continue;
		const key = finding.timer.seconds.toFixed(1) + ' ' + finding.timer.owner;
		const timer = seen.get(key) || {
			seconds: finding.timer.seconds,
			count: 0,
			owner: finding.timer.owner,
			known: finding.timer.known,
		};
		timer.count += finding.timer.count;
		seen.set(key, timer);
	}
	return [...seen.values()].sort((a, b) => b.count - a.count).slice(0, 6);
}

function timer_words() {
	const list = timer_list();
	return list.length === 0
		? ''
		: 'Timers: ' +
				list
					.map(
						(timer) =>
							duration(timer.seconds * 1e6) +
							' of the ' +
							timer.owner +
							', ' +
							timer.count +
							' times',
					)
					.join('; ') +
				'.';
}

function timers(node, x, middle, width) {
	const ends = [-Infinity, -Infinity, -Infinity];
	for (const timer of timer_list().sort((a, b) => a.seconds - b.seconds)) {
		const at = x(timer.seconds * 1e6);
		const line = Math.max(
			0,
			ends.findIndex((end) => at - 74 > end),
		);
		const y = middle + 120 + line * 16;
		ends[line] = at + 74;
		node.append(
			svg('path', {
				class: 's-event',
				style: 'fill:var(--bad)',
				d: triangle(at, middle + 106, 4, false),
			}),
			text(
				Math.min(Math.max(at, 80), width - 84),
				y + 6,
				duration(timer.seconds * 1e6) + ' timer, ' + timer.owner + ' (' + timer.count + ')',
				{class: 'bad', 'font-weight': 600, 'text-anchor': 'middle'},
			),
		);
	}
}
