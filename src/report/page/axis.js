/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The axis of time, and what stands above the lanes: load, times to the OK, events. */
const bins = page.arrivals.length;
const whole = {from: 0, to: Math.max(bins * page.step_s, 1)};
const view = {from: whole.from, to: whole.to};
const state = {
	shown: lanes,
	visible: lanes,
	active: null,
	outcome: '',
	origin: '',
	peer: '',
	row: 0,
	printing: false,
};
const size = {width: 800, left: 130, right: 12};
const parts = {};

function x_of(time) {
	return size.left + ((time - view.from) / (view.to - view.from)) * (size.width - size.left - size.right);
}

function time_of(x) {
	return view.from + ((x - size.left) / (size.width - size.left - size.right)) * (view.to - view.from);
}

function set_view(from, to) {
	const least = Math.min(0.01, whole.to);
	const length = Math.min(Math.max(to - from, least), whole.to - whole.from);
	const start = Math.min(Math.max(from, whole.from), whole.to - length);
	view.from = start;
	view.to = start + length;
	draw_timeline();
}

function zoom(factor, around) {
	const middle = around === undefined ? (view.from + view.to) / 2 : around;
	set_view(middle - (middle - view.from) * factor, middle + (view.to - middle) * factor);
}

function pan(share) {
	const by = (view.to - view.from) * share;
	set_view(view.from + by, view.to + by);
}

function fit(list) {
	if (list.length === 0) return;
	let from = Infinity;
	let to = -Infinity;
	for (const lane of list) {
		from = Math.min(from, lane.start);
		to = Math.max(to, lane.reach);
	}
	const margin = Math.max((to - from) * 0.04, 0.05);
	set_view(from - margin, to + margin);
}

const TICKS = [
	1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800,
	3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 2592000, 31536000,
];

function ticks(width) {
	const length = view.to - view.from;
	const wanted = Math.max(2, Math.floor(width / 92));
	const step = TICKS.find((tick) => length / tick <= wanted) || length / 2;
	const digits = step >= 1 ? 0 : step >= 0.1 ? 1 : step >= 0.01 ? 2 : 3;
	/* Ticks stand on whole steps of the day, not of the capture. */
	const day_start = ((epoch % 86400) + 86400) % 86400;
	const first = Math.ceil((view.from + day_start) / step) * step - day_start;
	const list = [];
	for (let i = 0; first + i * step <= view.to && i < 60; i++)
		list.push({
			time: first + i * step,
			label: step >= 86400 ? day(first + i * step) : clock(first + i * step, digits),
		});
	return list;
}

/* ---- Above the lanes: load and events ---- */

/* A row of values by bin, as many columns as there is room for: the highest of each is shown. */
function columns(values, each) {
	const room = Math.max(1, Math.floor((size.width - size.left - size.right) / 2));
	const first = Math.max(0, Math.floor(view.from / page.step_s));
	const last = Math.min(bins - 1, Math.floor(view.to / page.step_s));
	const group = Math.max(1, Math.ceil((last - first + 1) / room));
	for (let bin = first - (first % group); bin <= last; bin += group) {
		let highest = 0;
		for (let i = bin; i < Math.min(bin + group, bins); i++) highest = Math.max(highest, values[i]);
		each(bin * page.step_s, (bin + group) * page.step_s, highest);
	}
}

function bars(values, top, height, class_name) {
	let peak = 0;
	let path = '';
	columns(values, (from, to, value) => {
		peak = Math.max(peak, value);
	});
	columns(values, (from, to, value) => {
		if (value === 0) return;
		const left = Math.max(x_of(from), size.left);
		const right = Math.min(x_of(to), size.width - size.right);
		const tall = Math.max(1, (value / peak) * height);
		if (right > left)
			path += block(
				left,
				top + height,
				Math.max(right - left - (right - left > 4 ? 1 : 0), 0.6),
				-tall,
			);
	});
	return {peak, node: svg('path', {d: path, class: class_name})};
}

function rate() {
	return page.step_s === 1 ? 'a second' : 'in ' + page.step_s + '\u00a0s';
}

function label(group, top, height, words, more) {
	const narrow = size.left < 120;
	group.append(text(8, top + (narrow || !more ? height / 2 + 4 : height / 2 - 3), words));
	if (more && !narrow) group.append(text(8, top + height / 2 + 12, more, {class: 'faint'}));
	group.append(svg('path', {class: 'grid', d: route('M0', top + height + 4.5, 'H', size.width)}));
}

/* OKs by the time they took: how dark says how many. */
function heat(top, height) {
	const cells = new Map();
	const room = Math.max(1, Math.floor((size.width - size.left - size.right) / 4));
	const shown_bins = Math.max(1, (view.to - view.from) / page.step_s);
	const group = Math.max(1, Math.ceil(shown_bins / room));
	let low = Infinity;
	let high = -Infinity;
	for (let i = 0; i < page.ok.length; i += 3) {
		low = Math.min(low, page.ok[i + 1]);
		high = Math.max(high, page.ok[i + 1]);
	}
	if (high < low) return null;
	low = Math.floor(low / page.levels) * page.levels;
	high = Math.ceil((high + 1) / page.levels) * page.levels;
	let most = 0;
	for (let i = 0; i < page.ok.length; i += 3) {
		const from = page.ok[i] * page.step_s;
		if (from + page.step_s < view.from || from > view.to) continue;
		const key = Math.floor(page.ok[i] / group) * 1000 + page.ok[i + 1];
		const sum = (cells.get(key) || 0) + page.ok[i + 2];
		cells.set(key, sum);
		most = Math.max(most, sum);
	}
	const tall = height / (high - low);
	const paths = ['', '', '', ''];
	for (const [key, sum] of cells) {
		const bin = Math.floor(key / 1000) * group;
		const left = Math.max(x_of(bin * page.step_s), size.left);
		const right = Math.min(
			Math.max(x_of((bin + group) * page.step_s), left + 2.5),
			size.width - size.right,
		);
		const y = top + height - ((key % 1000) - low + 1) * tall;
		const strength = most <= 1 ? 3 : Math.min(3, Math.floor((Math.log(sum) / Math.log(most)) * 3.999));
		if (right > left)
			paths[strength] += route('M', left, y, 'h', right - left, 'v', Math.max(tall, 2), 'H', left, 'z');
	}
	const group_node = svg('g');
	for (let level = low; level <= high; level += page.levels) {
		const y = top + height - (level - low) * tall;
		group_node.append(
			svg('path', {class: 'grid', d: route('M', size.left, y, 'H', size.width - size.right)}),
		);
		if (((level - low) / page.levels) % 2 === 0 || high - low <= 4 * page.levels)
			group_node.append(
				text(size.left - 5, y + 4, decade(level / page.levels), {
					class: 'faint',
					'text-anchor': 'end',
				}),
			);
	}
	paths.forEach((path, i) =>
		group_node.append(svg('path', {d: path, fill: 'var(--good)', opacity: [0.35, 0.55, 0.78, 1][i]})),
	);
	return group_node;
}

function triangle(x, y, half, down) {
	const way = down ? half : -half;
	return route('M', x - half, y - way, 'h', 2 * half, 'L', x, y + way, 'z');
}

function event_marks(group, top, height) {
	const y = top + height / 2;
	const widths = [];
	const sure = [];
	const open = [];
	const closes = [];
	const by_column = new Map();
	let number = 0;
	for (const incident of incidents) {
		let counted = false;
		const ambiguous = incident.record.connection === null || incident.record.confidence === 'ambiguous';
		for (const mark of incident.marks) {
			if (mark.time === null || mark.late < view.from || mark.early > view.to) continue;
			const left = Math.max(x_of(mark.early), size.left);
			const right = Math.min(x_of(mark.late), size.width - size.right);
			const middle = x_of(mark.time);
			if (right > left) widths.push(block(left, top + 2, Math.max(right - left, 0.5), height - 4));
			if (middle < size.left || middle > size.width - size.right) continue;
			if (mark.event.number === 4283) {
				(ambiguous ? open : sure).push(triangle(middle, y + 3, 5, true));
				if (counted) continue;
				const column = Math.floor((middle - size.left) / 3);
				by_column.set(column, (by_column.get(column) || 0) + 1);
				counted = true;
				number++;
			} else {
				closes.push(route('M', middle, top + 2, 'v7'));
			}
		}
	}
	label(
		group,
		top,
		height,
		size.left < 120 ? '4283' : 'events 4283, 4258',
		count(number, 'event') + ' 4283 in view',
	);
	if (number > (size.width - size.left) / 6) {
		const most = Math.max(...by_column.values());
		let path = '';
		for (const [column, there] of by_column)
			path += block(size.left + column * 3, top + height, 2.5, -Math.max(1.5, (there / most) * height));
		group.append(svg('path', {class: 's-event', d: path}));
		return;
	}
	/* Some lie on each other: what is drawn twice at one place looks no different. */
	const once = (list) => [...new Set(list)].join('');
	group.append(
		svg('path', {class: 's-width', d: once(widths)}),
		svg('path', {class: 's-event', d: once(sure)}),
		svg('path', {class: 's-event-open', d: once(open)}),
		svg('path', {d: once(closes), fill: 'none', stroke: 'var(--mark)', 'stroke-width': 2.4}),
	);
}

function draw_above() {
	const group = svg('svg', {
		id: 'above',
		role: 'img',
		'aria-label': 'Load and events over time: ' + parts.words.above,
	});
	let top = 6;
	for (const tick of ticks(size.width - size.left - size.right))
		group.append(svg('path', {class: 'grid', d: route('M', x_of(tick.time), '0V', 300)}));
	const rows = [
		[page.arrivals, 34, 'f-grey', 'new', 'new connections', rate()],
		[page.waiting, 46, 'f-good', 'wait', 'wait for the OK', 'at once'],
	];
	for (const [values, height, class_name, short, long, more] of rows) {
		const drawn = bars(values, top, height, class_name);
		group.append(drawn.node);
		label(
			group,
			top,
			height,
			size.left < 120 ? short + ' ' + drawn.peak : long,
			'up to ' + drawn.peak + ' ' + more,
		);
		top += height + 10;
	}
	const drawn = heat(top + 4, 84);
	if (drawn !== null) {
		group.append(drawn);
		label(group, top, 88, size.left < 120 ? '' : 'SYN to OK', null);
		if (size.left < 120) group.append(text(size.left + 4, top + 14, 'SYN to OK', {class: 'faint'}));
		top += 98;
	}
	if (incidents.some((incident) => incident.time !== null)) {
		event_marks(group, top, 26);
		parts.events = {top, bottom: top + 30};
		for (const x of state.active === null ? [] : event_places(state.active))
			group.append(svg('path', {class: 's-link', d: route('M', x, top + 16, 'V', top + 60)}));
		top += 36;
	}
	for (const tick of ticks(size.width - size.left - size.right)) {
		const x = x_of(tick.time);
		if (x < size.width - tick.label.length * 3.5)
			group.append(text(x, top + 13, tick.label, {class: 'faint', 'text-anchor': 'middle'}));
	}
	group.append(text(8, top + 13, 'UTC', {class: 'faint'}));
	top += 20;
	fill(group, {viewBox: '0 0 ' + size.width + ' ' + top, width: size.width, height: top});
	parts.above.replaceChildren(group);
}

/* The whole capture, and which part of it is drawn. */
function draw_overview() {
	const height = 40;
	const scale = (time) =>
		size.left + ((time - whole.from) / (whole.to - whole.from)) * (size.width - size.left - size.right);
	const node = svg('svg', {
		id: 'overview',
		viewBox: '0 0 ' + size.width + ' ' + height,
		width: size.width,
		height,
		role: 'img',
		'aria-label':
			'The whole capture: ' +
			day(whole.from) +
			' ' +
			clock(whole.from, 0) +
			' to ' +
			clock(whole.to, 0),
	});
	const saved = {...view};
	Object.assign(view, whole);
	const failed = page.failure_count > 0;
	const drawn = bars(failed ? page.failures : page.arrivals, 4, height - 8, failed ? 'f-bad' : 'f-grey');
	node.append(drawn.node);
	Object.assign(view, saved);
	const left = scale(view.from);
	const right = Math.max(scale(view.to), left + 3);
	node.append(
		svg('path', {class: 'f-window', d: route('M', left, '1H', right, 'V', height - 1, 'H', left, 'z')}),
		svg('path', {class: 's-window', d: route('M', left, '1H', right, 'V', height - 1, 'H', left, 'z')}),
		text(8, height / 2 - 3, size.left < 120 ? 'all' : 'whole capture'),
	);
	if (size.left >= 120)
		node.append(
			text(
				8,
				height / 2 + 12,
				(failed ? 'failures, up to ' : 'new, up to ') + drawn.peak + ' ' + rate(),
				{class: 'faint'},
			),
		);
	parts.overview.replaceChildren(node);
}
