/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the offset between the clocks rests on, and the clocks where the logs have several. */
function offset_words(offset) {
	const whole = Math.round(Math.abs(offset));
	const pad = (number) => String(number).padStart(2, '0');
	return (
		(offset < 0 ? '−' : '+') +
		pad(Math.floor(whole / 3600)) +
		':' +
		pad(Math.floor(whole / 60) % 60) +
		':' +
		pad(whole % 60)
	);
}

/* A second a column; the offset is in the middle one. */
function offset_strip(strip, first, highest, width) {
	const height = 64;
	const columns = strip.counts.length;
	const left = width < 560 ? 4 : 150;
	const step = (width - left - 8) / columns;
	const middle = (columns - 1) / 2;
	const peak = Math.max(...strip.counts);
	const x = (column) => left + column * step;
	const bar = (column) => {
		const tall = (strip.counts[column] / highest) * height;
		return block(x(column) + 0.5, 16 + height, Math.max(1, step - 1), -tall);
	};
	const others = strip.counts.map((value, column) => (value > 0 && !(first && column === middle) ? bar(column) : ''));
	const node = svg('svg', {
		viewBox: '0 0 ' + width + ' ' + (height + 40),
		width,
		height: height + 40,
		role: 'img',
		'aria-label':
			'Events at the end of a failure by offset, a second a column: ' +
			strip.counts[middle] +
			' at ' +
			offset_words(strip.offset_s) +
			', at most ' +
			Math.max(...strip.counts.filter((value, column) => column !== middle)) +
			' beside it.',
	});
	node.append(
		svg('path', {class: 'rule', d: route('M', left, 16.5 + height, 'H', width - 8)}),
		svg('path', {class: 'f-grey', d: others.join('')}),
	);
	if (first) node.append(svg('path', {class: 's-event', d: bar(middle)}));
	const under = (column, words, attributes) =>
		text(x(column) + step / 2, height + 32, words, {'text-anchor': 'middle', ...attributes});
	node.append(
		under(middle, offset_words(strip.offset_s), {class: first ? 'mark' : 'faint', 'font-weight': 600}),
		text(left, height + 32, '−' + middle + '\u00a0s', {class: 'faint'}),
		text(width - 8, height + 32, '+' + middle + '\u00a0s', {class: 'faint', 'text-anchor': 'end'}),
	);
	if (strip.next !== null)
		node.append(
			text(x(strip.next) + step / 2, 10, 'next best', {
				class: 'faint',
				'text-anchor': strip.next > columns * 0.9 ? 'end' : strip.next < columns * 0.1 ? 'start' : 'middle',
			}),
		);
	if (left > 100)
		node.append(
			text(8, 28, first ? 'offset found' : 'next best offset', {'font-weight': 600}),
			text(8, 44, 'at most ' + count(peak, 'event'), {class: 'faint'}),
		);
	return node;
}

function draw_offsets() {
	const box = document.getElementById('offsets');
	const strips = page.offsets.filter((strip) => strip.counts.some((value) => value > 0));
	if (box === null || strips.length === 0) return;
	const width = Math.max(300, (box.clientWidth || 800) - 2);
	const highest = Math.max(...strips.flatMap((strip) => strip.counts));
	box.replaceChildren(
		html(
			'div',
			{class: 'plot'},
			strips.map((strip) => offset_strip(strip, strip === page.offsets[0], highest, width)),
		),
		html(
			'p',
			{class: 'faint'},
			'How many events 4283 would stand at the end of a failed connection, for every second that the clocks may be apart: the offset is right where it stands out.',
		),
	);
}

function draw_clocks() {
	const box = document.getElementById('clocks');
	if (box === null || of_clock.length < 2) return;
	const cell = (words) => html('td', {class: 'number'}, words);
	const rows = of_clock.map((clock) =>
		html('tr', {}, [
			html('th', {scope: 'row'}, clock.sources.map(String).join(', ')),
			html('td', {}, clock.method),
			cell(clock.offset_s === null ? '-' : offset_words(clock.offset_s) + ' (' + clock.offset_s.toFixed(3) + '\u00a0s)'),
			cell(
				clock.offset_interval_s === null
					? '-'
					: clock.offset_interval_s.map((value) => value.toFixed(1)).join(' to ') + '\u00a0s',
			),
			cell(clock.drift_ppm === null ? '-' : clock.drift_ppm.toFixed(1) + '\u00a0ppm'),
			cell(String(clock.matched)),
			cell(clock.p_chance === null ? '-' : clock.p_chance < 0.001 ? clock.p_chance.toExponential(0) : String(clock.p_chance)),
		]),
	);
	const heads = ['log', 'offset', 'event − capture clock', 'between', 'drift', 'line-ups', 'p by chance'];
	box.replaceChildren(
		html('h3', {}, 'The clocks of the logs'),
		html(
			'div',
			{class: 'scroll'},
			html('table', {}, [
				html('thead', {}, html('tr', {}, heads.map((words) => html('th', {scope: 'col'}, words)))),
				html('tbody', {}, rows),
			]),
		),
	);
}
