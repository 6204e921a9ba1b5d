/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Draws the records that stand in the page. What came from a packet or a log only ever becomes text of a node
 * (textContent) or the value of an attribute that is no address and no code.
 */
(function () {
'use strict';

const records = JSON.parse(document.getElementById('data').textContent);
const of = (kind) => records.filter((record) => record.record === kind);
const page = of('page')[0];
const summary = of('summary')[0];
const captures = of('capture');
const findings = of('finding');
const events = new Map(of('event').map((event) => [event.id, event]));
const of_clock = of('clock');
const several = captures.length > 1;
const LANE = 22;

/* ---- Words ---- */

/* Characters that are not what they seem are shown by their number, as the terminal report does. */
function clean(text) {
	return String(text).replace(/[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202f\u205f-\u206f\ufeff\ufff0-\ufffb]/g,
		(c) => '\\u{' + c.charCodeAt(0).toString(16).padStart(4, '0') + '}');
}

function whole_second(text) {
	return Date.parse(text.slice(0, text.indexOf('T') + 9) + 'Z') / 1000;
}

const epoch = page.from === null ? 0 : whole_second(page.from);

/* Seconds since the page's first whole second; exact to the last digit that the capture has. */
function seconds(text) {
	if (text === null || text === undefined)
		return null;
	const fraction = /\.(\d+)Z?$/.exec(text);
	const time = whole_second(text) - epoch + (fraction ? Number('0.' + fraction[1]) : 0);
	return Number.isFinite(time) ? time : null;
}

function iso(time) {
	const date = new Date((epoch + Math.floor(time)) * 1000);
	return Number.isNaN(date.getTime()) ? null : date.toISOString().replace('.000Z', '');
}

function clock(time, digits) {
	const scale = 10 ** digits;
	const ticks = Math.floor(time * scale + 1e-4);
	const text = iso(Math.floor(ticks / scale));
	const part = digits > 0 ? '.' + String(((ticks % scale) + scale) % scale).padStart(digits, '0') : '';
	return text === null ? '-' : text.slice(text.indexOf('T') + 1) + part + 'Z';
}

function day(time) {
	const text = iso(time);
	return text === null ? '-' : text.slice(0, text.indexOf('T'));
}

/* As phrase_duration(): a number and its unit are kept together. */
function duration(us) {
	const NB = '\u00a0';
	if (us < 1000)
		return Math.round(us) + NB + 'µs';
	if (us < 1e6)
		return (us / 1e3).toFixed(us < 1e4 ? 1 : 0) + NB + 'ms';
	if (us < 6e8)
		return (us / 1e6).toFixed(us < 1e7 ? 2 : 1) + NB + 's';
	if (us < 3.6e10)
		return Math.floor(us / 6e7) + NB + 'min' + NB + Math.floor(us / 1e6) % 60 + NB + 's';
	return Math.floor(us / 3.6e9) + NB + 'h' + NB + Math.floor(us / 6e7) % 60 + NB + 'min';
}

/* A power of ten, for an axis: one number and one unit. */
function decade(power) {
	const units = ['µs', 'ms', 's'];
	const unit = Math.min(Math.floor(power / 3), 2);
	return 10 ** (power - 3 * unit) + '\u00a0' + units[unit];
}

function count(number, noun) {
	return number + ' ' + noun + (number === 1 ? '' : 's');
}

function endpoint(end) {
	return (end.ip.includes(':') ? '[' + end.ip + ']' : end.ip) + ':' + end.port;
}

/* ---- Nodes ---- */

function fill(node, attributes, children) {
	for (const [name, value] of Object.entries(attributes || {}))
		if (value !== null && value !== undefined)
			node.setAttribute(name, value);
	for (const child of [].concat(children === undefined ? [] : children))
		if (child !== null)
			node.append(child instanceof Node ? child : clean(child));
	return node;
}

const html = (name, attributes, children) => fill(document.createElement(name), attributes, children);
const svg = (name, attributes, children) =>
	fill(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);

function button(label, title, act, attributes) {
	const node = html('button', {type: 'button', title, 'aria-label': title, ...attributes}, label);
	node.addEventListener('click', act);
	return node;
}

function text(x, y, words, attributes) {
	return svg('text', {x: x.toFixed(1), y: y.toFixed(1), ...attributes}, words);
}

/* ---- Connections with what belongs to them ---- */

function make_lane(record) {
	const at = {};
	for (const [name, milestone] of Object.entries(record.milestones))
		at[name] = milestone === null ? null : seconds(milestone.t);
	const seen = Object.values(at).filter((time) => time !== null);
	const wait = record.wait_us === null ? null : record.wait_us / 1e6;
	const start = seen.length > 0 ? Math.min(...seen) : 0;
	const end = Math.max(start, ...seen, at.close === null && wait !== null ? start + wait : start);
	return {record, at, wait, start, end, incidents: []};
}

const lanes = of('connection').map(make_lane);
const lane_of = new Map(lanes.map((lane) => [lane.record.id, lane]));
const incidents = of('incident').map((record) => {
	const time = seconds(record.t);
	/* The other events of an incident stand as far from it on the capture's clock as on their own. */
	const marks = record.events.map((id) => events.get(id)).filter((event) => event !== undefined).map((event) => {
		const later = event.t_local !== null && record.t_local !== null
			? whole_second(event.t_local) - whole_second(record.t_local) : 0;
		return {event, time: time === null ? null : time + later, ...bounds(event, time + later)};
	});
	return {record, time, marks};
});
/*
 * An incident's time is the middle of its whole second in the log: half a second it may lie before or after, and by as
 * much more as the clock is uncertain. A clock that is further ahead makes the event earlier.
 */
function bounds(event, time) {
	const clocks = of_clock.filter((record) => !record.sources || record.sources.includes(event.source));
	const interval = clocks.length > 0 ? clocks[0].offset_interval_s : null;
	const offset = clocks.length > 0 ? clocks[0].offset_s : null;
	const known = interval !== null && interval !== undefined && offset !== null;
	return {early: time - 0.5 - (known ? Math.max(0, interval[1] - offset) : 0), late: time + 0.5 + (known ? Math.max(0, offset - interval[0]) : 0)};
}

for (const incident of incidents) {
	const lane = lane_of.get(incident.record.connection);
	if (lane !== undefined)
		lane.incidents.push(incident);
}
for (const lane of lanes) {
	lane.reach = lane.end;
	for (const incident of lane.incidents)
		for (const mark of incident.time === null ? [] : incident.marks)
			lane.reach = Math.max(lane.reach, mark.late);
}

/* ---- The axis of time ---- */

const bins = page.arrivals.length;
const whole = {from: 0, to: Math.max(bins * page.step_s, 1)};
const view = {from: whole.from, to: whole.to};
const state = {shown: lanes, visible: lanes, active: null, outcome: '', origin: '', peer: '', row: 0, printing: false};
const size = {width: 800, left: 130, right: 12};
const parts = {};

function x_of(time) {
	return size.left + (time - view.from) / (view.to - view.from) * (size.width - size.left - size.right);
}

function time_of(x) {
	return view.from + (x - size.left) / (size.width - size.left - size.right) * (view.to - view.from);
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
	if (list.length === 0)
		return;
	let from = Infinity;
	let to = -Infinity;
	for (const lane of list) {
		from = Math.min(from, lane.start);
		to = Math.max(to, lane.reach);
	}
	const margin = Math.max((to - from) * 0.04, 0.05);
	set_view(from - margin, to + margin);
}

const TICKS = [1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200,
	10800, 21600, 43200, 86400, 172800, 604800, 2592000, 31536000];

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
		list.push({time: first + i * step, label: step >= 86400 ? day(first + i * step) : clock(first + i * step, digits)});
	return list;
}

/* ---- Above the lanes: load and events ---- */

/* A row of values by bin, as many columns as there is room for: the highest of each is shown. */
function columns(values, each) {
	const room = Math.max(1, Math.floor((size.width - size.left - size.right) / 2));
	const first = Math.max(0, Math.floor(view.from / page.step_s));
	const last = Math.min(bins - 1, Math.floor(view.to / page.step_s));
	const group = Math.max(1, Math.ceil((last - first + 1) / room));
	for (let bin = first - first % group; bin <= last; bin += group) {
		let highest = 0;
		for (let i = bin; i < Math.min(bin + group, bins); i++)
			highest = Math.max(highest, values[i]);
		each(bin * page.step_s, (bin + group) * page.step_s, highest);
	}
}

function bars(values, top, height, class_name) {
	let peak = 0;
	let path = '';
	columns(values, (from, to, value) => { peak = Math.max(peak, value); });
	columns(values, (from, to, value) => {
		if (value === 0)
			return;
		const left = Math.max(x_of(from), size.left);
		const right = Math.min(x_of(to), size.width - size.right);
		const tall = Math.max(1, value / peak * height);
		if (right > left)
			path += 'M' + left.toFixed(1) + ' ' + (top + height).toFixed(1) + 'v-' + tall.toFixed(1) +
				'h' + Math.max(right - left - (right - left > 4 ? 1 : 0), 0.6).toFixed(1) + 'v' + tall.toFixed(1) + 'z';
	});
	return {peak, node: svg('path', {d: path, class: class_name})};
}

function rate() {
	return page.step_s === 1 ? 'a second' : 'in ' + page.step_s + '\u00a0s';
}

function label(group, top, height, words, more) {
	const narrow = size.left < 120;
	group.append(text(8, top + (narrow || !more ? height / 2 + 4 : height / 2 - 3), words));
	if (more && !narrow)
		group.append(text(8, top + height / 2 + 12, more, {class: 'faint'}));
	group.append(svg('path', {class: 'grid', d: 'M0 ' + (top + height + 4.5) + 'H' + size.width}));
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
	if (high < low)
		return null;
	low = Math.floor(low / page.levels) * page.levels;
	high = Math.ceil((high + 1) / page.levels) * page.levels;
	let most = 0;
	for (let i = 0; i < page.ok.length; i += 3) {
		const from = page.ok[i] * page.step_s;
		if (from + page.step_s < view.from || from > view.to)
			continue;
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
		const right = Math.min(Math.max(x_of((bin + group) * page.step_s), left + 2.5), size.width - size.right);
		const y = top + height - (key % 1000 - low + 1) * tall;
		const strength = most <= 1 ? 3 : Math.min(3, Math.floor(Math.log(sum) / Math.log(most) * 3.999));
		if (right > left)
			paths[strength] += 'M' + left.toFixed(1) + ' ' + y.toFixed(1) + 'h' + (right - left).toFixed(1) +
				'v' + Math.max(tall, 2).toFixed(1) + 'H' + left.toFixed(1) + 'z';
	}
	const group_node = svg('g');
	for (let level = low; level <= high; level += page.levels) {
		const y = top + height - (level - low) * tall;
		group_node.append(svg('path', {class: 'grid', d: 'M' + size.left + ' ' + y.toFixed(1) + 'H' + (size.width - size.right)}));
		if ((level - low) / page.levels % 2 === 0 || high - low <= 4 * page.levels)
			group_node.append(text(size.left - 5, y + 4, decade(level / page.levels),
				{class: 'faint', 'text-anchor': 'end'}));
	}
	paths.forEach((path, i) => group_node.append(svg('path', {d: path, fill: 'var(--good)', opacity: [0.35, 0.55, 0.78, 1][i]})));
	return group_node;
}

function triangle(x, y, half, down) {
	return 'M' + (x - half).toFixed(1) + ' ' + (y + (down ? -half : half)).toFixed(1) + 'h' + (2 * half) + 'L' + x.toFixed(1) + ' ' +
		(y + (down ? half : -half)).toFixed(1) + 'z';
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
		const ambiguous = incident.record.connection === null || incident.record.confidence === 'ambiguous';
		for (const mark of incident.marks) {
			if (mark.time === null || mark.late < view.from || mark.early > view.to)
				continue;
			const left = Math.max(x_of(mark.early), size.left);
			const right = Math.min(x_of(mark.late), size.width - size.right);
			const middle = x_of(mark.time);
			if (right > left)
				widths.push('M' + left.toFixed(1) + ' ' + (top + 2) + 'h' + Math.max(right - left, 0.5).toFixed(1) + 'v' + (height - 4) +
					'H' + left.toFixed(1) + 'z');
			if (middle < size.left || middle > size.width - size.right)
				continue;
			if (mark.event.number === 4283) {
				(ambiguous ? open : sure).push(triangle(middle, y + 3, 5, true));
				const column = Math.floor((middle - size.left) / 3);
				by_column.set(column, (by_column.get(column) || 0) + 1);
				number++;
			} else {
				closes.push('M' + middle.toFixed(1) + ' ' + (top + 2) + 'v7');
			}
		}
	}
	label(group, top, height, size.left < 120 ? '4283' : 'events 4283, 4258', count(number, 'event') + ' 4283 in view');
	if (number > (size.width - size.left) / 6) {
		const most = Math.max(...by_column.values());
		let path = '';
		for (const [column, there] of by_column)
			path += 'M' + (size.left + column * 3) + ' ' + (top + height) + 'v-' + Math.max(1.5, there / most * height).toFixed(1) + 'h2.5V' + (top + height) + 'z';
		group.append(svg('path', {class: 's-event', d: path}));
		return;
	}
	/* Some lie on each other: what is drawn twice at one place looks no different. */
	const once = (list) => [...new Set(list)].join('');
	group.append(svg('path', {class: 's-width', d: once(widths)}), svg('path', {class: 's-event', d: once(sure)}),
		svg('path', {class: 's-event-open', d: once(open)}),
		svg('path', {d: once(closes), fill: 'none', stroke: 'var(--mark)', 'stroke-width': 2.4}));
}

function draw_above() {
	const group = svg('svg', {id: 'above', role: 'img',
		'aria-label': 'Load and events over time: ' + parts.words.above});
	let top = 6;
	for (const tick of ticks(size.width - size.left - size.right))
		group.append(svg('path', {class: 'grid', d: 'M' + x_of(tick.time).toFixed(1) + ' 0V' + 300}));
	const rows = [[page.arrivals, 34, 'f-grey', 'new', 'new connections', rate()], [page.waiting, 46, 'f-good', 'wait', 'wait for the OK', 'at once']];
	for (const [values, height, class_name, short, long, more] of rows) {
		const drawn = bars(values, top, height, class_name);
		group.append(drawn.node);
		label(group, top, height, size.left < 120 ? short + ' ' + drawn.peak : long, 'up to ' + drawn.peak + ' ' + more);
		top += height + 10;
	}
	const drawn = heat(top + 4, 84);
	if (drawn !== null) {
		group.append(drawn);
		label(group, top, 88, size.left < 120 ? '' : 'SYN to OK', null);
		if (size.left < 120)
			group.append(text(size.left + 4, top + 14, 'SYN to OK', {class: 'faint'}));
		top += 98;
	}
	if (incidents.some((incident) => incident.time !== null)) {
		event_marks(group, top, 26);
		parts.events = {top, bottom: top + 30};
		for (const x of state.active === null ? [] : event_places(state.active))
			group.append(svg('path', {class: 's-link', d: 'M' + x.toFixed(1) + ' ' + (top + 16) + 'V' + (top + 60)}));
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
	const scale = (time) => size.left + (time - whole.from) / (whole.to - whole.from) * (size.width - size.left - size.right);
	const node = svg('svg', {id: 'overview', viewBox: '0 0 ' + size.width + ' ' + height, width: size.width, height, role: 'img',
		'aria-label': 'The whole capture: ' + day(whole.from) + ' ' + clock(whole.from, 0) + ' to ' + clock(whole.to, 0)});
	const saved = {...view};
	Object.assign(view, whole);
	const failed = page.failure_count > 0;
	const drawn = bars(failed ? page.failures : page.arrivals, 4, height - 8, failed ? 'f-bad' : 'f-grey');
	node.append(drawn.node);
	Object.assign(view, saved);
	const left = scale(view.from);
	const right = Math.max(scale(view.to), left + 3);
	node.append(svg('path', {class: 'f-window', d: 'M' + left + ' 1H' + right + 'V' + (height - 1) + 'H' + left + 'z'}),
		svg('path', {class: 's-window', d: 'M' + left + ' 1H' + right + 'V' + (height - 1) + 'H' + left + 'z'}),
		text(8, height / 2 - 3, size.left < 120 ? 'all' : 'whole capture'));
	if (size.left >= 120)
		node.append(text(8, height / 2 + 12, (failed ? 'failures, up to ' : 'new, up to ') + drawn.peak + ' ' + rate(), {class: 'faint'}));
	parts.overview.replaceChildren(node);
}

/* ---- Lanes ---- */

function cross(x, y, half) {
	return 'M' + (x - half).toFixed(1) + ' ' + (y - half) + 'l' + 2 * half + ' ' + 2 * half + 'm0 -' + 2 * half + 'l-' + 2 * half + ' ' + 2 * half;
}

/* A sign has a shape of its own, so that no colour needs to be told from another. */
function sign(name, x, y, how) {
	const left = x.toFixed(1);
	switch (name) {
	case 'syn': return svg('circle', {class: 's-hollow', cx: left, cy: y, r: 4});
	case 'established': return svg('circle', {class: 's-other', cx: left, cy: y, r: 4});
	case 'request': return svg('path', {class: 's-other', d: 'M' + (x - 4).toFixed(1) + ' ' + (y - 4) + 'h8v8h-8z'});
	case 'ok': return svg('path', {class: 's-ok', d: 'M' + left + ' ' + (y - 6) + 'l6 6l-6 6l-6 -6z'});
	case 'bind': return svg('path', {class: 's-other', d: triangle(x, y, 5, false)});
	case 'close': return how === 'fin' || how === null || how === undefined
		? svg('path', {class: 's-close', d: cross(x, y, 4.5)})
		: svg('g', {}, [svg('path', {class: 's-close', d: cross(x, y, 4.5)}), svg('circle', {class: 's-close', cx: left, cy: y, r: 6.5, 'stroke-width': 1.6})]);
	case 'event': return svg('path', {class: 's-event', d: triangle(x, y, 5, true)});
	default: return svg('path', {class: 's-event-open', d: triangle(x, y, 5, true)});
	}
}

function lane_words(lane) {
	const record = lane.record;
	const words = ['#' + record.id + ', ' + endpoint(record.client) + ' to ' + endpoint(record.server), record.outcome];
	if (record.origin !== null)
		words.push('origin ' + record.origin);
	words.push('SYN at ' + clock(lane.start, 3));
	if (lane.wait !== null)
		words.push('waited ' + duration(record.wait_us));
	if (record.milestones.close !== null)
		words.push('closed by ' + (record.milestones.close.by || 'unknown') + ' with ' + (record.milestones.close.how || 'nothing'));
	for (const incident of lane.incidents)
		words.push('event 4283 of LPI ' + incident.record.lpi + ', ' + incident.record.confidence);
	return words.join(', ');
}

function inside(time) {
	return time !== null && time >= view.from && time <= view.to;
}

function stretch(from, to, y, height, class_name) {
	const left = Math.max(x_of(from), size.left);
	const right = Math.min(x_of(to), size.width - size.right);
	return right < left ? null : svg('path', {class: class_name,
		d: 'M' + left.toFixed(1) + ' ' + (y - height / 2) + 'H' + Math.max(right, left + 1).toFixed(1) + 'v' + height + 'H' + left.toFixed(1) + 'z'});
}

function draw_lane(lane, row) {
	const y = row * LANE + LANE / 2;
	const at = lane.at;
	const record = lane.record;
	const group = svg('g', {role: 'option', id: 'lane-' + record.id, 'aria-label': lane_words(lane), 'aria-setsize': state.visible.length,
		'aria-posinset': row + 1, 'aria-selected': lane === state.active ? 'true' : 'false', class: lane === state.active ? 'active' : null});
	group.append(svg('rect', {class: 'back', x: 0.5, y: row * LANE + 0.5, width: size.width - 1, height: LANE - 1}));
	group.append(svg('title', {}, lane_words(lane)));
	group.append(text(8, y + 4, '#' + record.id));
	if (size.left >= 120)
		group.append(text(62, y + 4, record.client.ip.length > 15 ? '…' + record.client.ip.slice(-14) : record.client.ip, {class: 'faint'}));
	if (size.left >= 240)
		group.append(text(size.left - 8, y + 4, record.outcome, {'text-anchor': 'end'}));
	group.append(stretch(lane.start, lane.end, y, 1.5, 'f-grey') || '');
	if (lane.wait !== null) {
		const end = at.close === null ? lane.end : at.close;
		const from = Math.max(lane.start, end - lane.wait);
		group.append(stretch(from, end, y, 11, 's-wait') || '');
		wait_words(group, lane, x_of(from), x_of(end), y);
	}
	if (at.first_data !== null && at.close !== null && at.close > at.first_data)
		group.append(stretch(at.first_data, at.close, y, 5, 's-data') || '');
	for (const incident of lane.incidents)
		draw_lane_incident(group, lane, incident, y);
	if (inside(at.close))
		group.append(sign('close', x_of(at.close), y, record.milestones.close.how));
	for (const [name, shape] of [['established', 'established'], ['syn', 'syn'], ['request', 'request'], ['bind_request', 'bind'], ['ok', 'ok']])
		if (inside(at[name]))
			group.append(sign(shape, x_of(at[name]), y));
	group.addEventListener('click', () => { activate(lane, false); open_ladder(lane); });
	return group;
}

/* How long, within the bar where there is room between the signs at its ends. */
function wait_words(group, lane, from, to, y) {
	const left = Math.max(from, size.left) + 10;
	const right = Math.min(to, size.width - size.right) - 10;
	if (right - left > 58)
		group.append(text((left + right) / 2, y + 4, duration(lane.record.wait_us), {class: 'on-wait', 'text-anchor': 'middle'}));
}

function draw_lane_incident(group, lane, incident, y) {
	const from = lane.at.close === null ? lane.end : lane.at.close;
	if (incident.time === null)
		return;
	for (const mark of incident.marks) {
		if (mark.event.number === 4283)
			group.append(stretch(mark.early, mark.late, y, 16, 's-width') || '');
		if (mark.event.number !== 4283) {
			if (inside(mark.time))
				group.append(svg('path', {stroke: 'var(--mark)', 'stroke-width': 2.4, d: 'M' + x_of(mark.time).toFixed(1) + ' ' + (y + 3) + 'v6'}));
			continue;
		}
		const middle = mark.time;
		if (middle > view.from && from < view.to)
			group.append(svg('path', {class: 's-link', d: 'M' + Math.max(x_of(from), size.left).toFixed(1) + ' ' + y + 'H' +
				Math.min(Math.max(x_of(middle), size.left), size.width - size.right).toFixed(1)}));
		if (inside(middle))
			group.append(sign(incident.record.confidence === 'ambiguous' ? 'open' : 'event', x_of(middle), y - 3));
	}
}

/* Where the events of a lane are drawn. */
function event_places(lane) {
	return lane.incidents.filter((incident) => incident.time !== null && inside(incident.time)).map((incident) => x_of(incident.time));
}

/* The lanes from first to before last as one drawing. */
function lanes_svg(first, last) {
	const list = state.visible;
	const height = Math.max(1, (last - first) * LANE);
	const node = svg('svg', {viewBox: '0 ' + first * LANE + ' ' + size.width + ' ' + height, width: size.width, height, role: 'presentation'});
	node.style.top = first * LANE + 'px';
	for (const tick of ticks(size.width - size.left - size.right))
		node.append(svg('path', {class: 'grid', d: 'M' + x_of(tick.time).toFixed(1) + ' ' + first * LANE + 'V' + last * LANE}));
	for (let row = first; row < last; row++)
		node.append(draw_lane(list[row], row));
	const row = list.indexOf(state.active);
	for (const x of row < 0 ? [] : event_places(state.active))
		node.append(svg('path', {class: 's-link', d: 'M' + x.toFixed(1) + ' ' + first * LANE + 'V' + Math.min(row * LANE + 4, last * LANE)}));
	return node;
}

/* Only the lanes that can be seen, and some more, are nodes; on paper the first ones, in pieces that a page can hold. */
function draw_lanes() {
	const list = state.visible;
	const box = parts.lanes;
	const nodes = [];
	if (state.printing) {
		for (let row = 0; row < Math.min(list.length, PRINTED); row += PRINTED_TOGETHER)
			nodes.push(lanes_svg(row, Math.min(row + PRINTED_TOGETHER, list.length, PRINTED)));
		if (list.length > PRINTED)
			nodes.push(html('p', {class: 'note'}, 'and ' + count(list.length - PRINTED, 'more lane')));
	} else {
		const first = Math.max(0, Math.floor(box.scrollTop / LANE) - 8);
		const last = Math.min(list.length, first + Math.ceil((box.clientHeight || 640) / LANE) + 16);
		nodes.push(parts.spacer, lanes_svg(first, last));
	}
	parts.spacer.style.height = list.length * LANE + 'px';
	box.replaceChildren(...nodes);
	if (list.includes(state.active))
		box.setAttribute('aria-activedescendant', 'lane-' + state.active.record.id);
	else
		box.removeAttribute('aria-activedescendant');
}

const PRINTED_TOGETHER = 6;
const PRINTED = 60;

function matches(lane) {
	const record = lane.record;
	return (state.outcome === '' || record.outcome === state.outcome) && (state.origin === '' || record.origin === state.origin) &&
		(state.peer === '' || endpoint(record.client).includes(state.peer) || endpoint(record.server).includes(state.peer));
}

function draw_timeline() {
	state.visible = state.shown.filter((lane) => lane.start <= view.to && lane.reach >= view.from);
	draw_overview();
	draw_above();
	draw_lanes();
	let says = count(state.visible.length, 'failed connection') + ' in view';
	if (state.shown.length !== state.visible.length)
		says += ', ' + (state.shown.length - state.visible.length) + ' beside it';
	if (state.shown.length !== lanes.length)
		says += ', ' + (lanes.length - state.shown.length) + ' filtered out';
	parts.says.textContent = says;
}

function set_filter() {
	state.outcome = parts.outcome.value;
	state.origin = parts.origin.value;
	state.peer = parts.peer.value.trim();
	state.shown = lanes.filter(matches);
	state.row = 0;
	if (parts.lanes !== undefined)
		parts.lanes.scrollTop = 0;
	draw_timeline();
	draw_table();
}

function activate(lane, scroll) {
	state.active = lane;
	const row = state.visible.indexOf(lane);
	const box = parts.lanes;
	if (scroll && row >= 0) {
		if (row * LANE < box.scrollTop)
			box.scrollTop = row * LANE;
		else if ((row + 1) * LANE > box.scrollTop + box.clientHeight)
			box.scrollTop = (row + 1) * LANE - box.clientHeight;
	}
	draw_above();
	draw_lanes();
}

/* A click on an event goes to the lane of its connection. */
function on_event_click(event) {
	const box = parts.above.getBoundingClientRect();
	const x = event.clientX - box.left;
	const y = event.clientY - box.top;
	let best = null;
	if (parts.events === undefined || y < parts.events.top || y > parts.events.bottom)
		return;
	for (const lane of state.visible)
		for (const place of event_places(lane))
			if (Math.abs(place - x) < 8 && (best === null || Math.abs(place - x) < Math.abs(best.place - x)))
				best = {lane, place};
	if (best !== null)
		activate(best.lane, true);
}

function on_lane_key(event) {
	const list = state.visible;
	const row = list.indexOf(state.active);
	const moves = {ArrowDown: row + 1, ArrowUp: row < 0 ? 0 : row - 1, Home: 0, End: list.length - 1, PageDown: row + 15, PageUp: row - 15};
	if (event.ctrlKey || event.metaKey || event.altKey)
		return;
	if (event.key in moves && list.length > 0)
		activate(list[Math.min(Math.max(moves[event.key], 0), list.length - 1)], true);
	else if ((event.key === 'Enter' || event.key === ' ') && row >= 0)
		open_ladder(list[row]);
	else
		return on_axis_key(event);
	event.preventDefault();
}

function on_axis_key(event) {
	const acts = {'+': () => zoom(0.5), '=': () => zoom(0.5), '-': () => zoom(2), ArrowLeft: () => pan(-0.25), ArrowRight: () => pan(0.25),
		'0': () => set_view(whole.from, whole.to)};
	if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in acts))
		return;
	acts[event.key]();
	event.preventDefault();
}

/* Dragging pans; on the overview it moves the window there. */
function make_draggable(box, move) {
	let from = null;
	let last = null;
	/* Drawn once for each frame of the screen, however many moves there are. */
	const follow = () => {
		if (last !== null && from !== null)
			move(last, from, false);
		last = null;
	};
	box.addEventListener('pointerdown', (event) => {
		if (event.button !== 0)
			return;
		from = {x: event.clientX, view: {...view}};
		box.setPointerCapture(event.pointerId);
		move(event, from, true);
	});
	box.addEventListener('pointermove', (event) => {
		if (from === null)
			return;
		if (last === null)
			requestAnimationFrame(follow);
		last = event;
	});
	for (const name of ['pointerup', 'pointercancel'])
		box.addEventListener(name, () => {
			follow();
			from = null;
		});
}

function drag_axis(event, from, first) {
	const by = (event.clientX - from.x) / (size.width - size.left - size.right) * (from.view.to - from.view.from);
	if (!first)
		set_view(from.view.from - by, from.view.to - by);
}

function drag_window(event) {
	const x = event.clientX - parts.overview.getBoundingClientRect().left;
	const time = whole.from + (x - size.left) / (size.width - size.left - size.right) * (whole.to - whole.from);
	const half = (view.to - view.from) / 2;
	set_view(time - half, time + half);
}

function on_wheel(event) {
	if (!event.ctrlKey && !event.shiftKey)
		return;
	event.preventDefault();
	const x = event.clientX - parts.above.getBoundingClientRect().left;
	if (event.shiftKey)
		pan(Math.sign(event.deltaY || event.deltaX) * 0.1);
	else
		zoom(event.deltaY > 0 ? 1.25 : 0.8, time_of(x));
}

function choice(name, values, words) {
	const node = html('select', {id: 'filter-' + name}, [html('option', {value: ''}, words)]);
	for (const [value, number] of values)
		node.append(html('option', {value}, value + ' (' + number + ')'));
	node.addEventListener('change', set_filter);
	parts[name] = node;
	return html('label', {}, [name, node]);
}

function tally(values) {
	const counts = new Map();
	for (const value of values)
		if (value !== null)
			counts.set(value, (counts.get(value) || 0) + 1);
	return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

function make_filters() {
	const peers = tally(lanes.map((lane) => lane.record.client.ip)).slice(0, 200);
	const list = html('datalist', {id: 'peers'}, peers.map(([ip, number]) => html('option', {value: ip}, number + ' failed')));
	parts.peer = html('input', {id: 'filter-peer', list: 'peers', placeholder: 'address or part of it', autocomplete: 'off', spellcheck: 'false'});
	parts.peer.addEventListener('input', set_filter);
	return [choice('outcome', tally(lanes.map((lane) => lane.record.outcome)), 'all outcomes'),
		choice('origin', tally(lanes.map((lane) => lane.record.origin)), 'all origins'),
		html('label', {}, ['peer', parts.peer, list])];
}

function make_tools() {
	const axis = html('div', {class: 'group', role: 'group', 'aria-label': 'Zoom and pan'}, [
		button('+', 'Zoom in', () => zoom(0.5), {id: 'zoom-in'}), button('−', 'Zoom out', () => zoom(2), {id: 'zoom-out'}),
		button('◀', 'Earlier', () => pan(-0.25), {id: 'earlier'}), button('▶', 'Later', () => pan(0.25), {id: 'later'}),
		...(lanes.length > 0 ? [button('Failures', 'Show the time of the failures', () => fit(state.shown), {id: 'fit'})] : []),
		button('Whole', 'Show the whole capture', () => set_view(whole.from, whole.to), {id: 'whole'})]);
	parts.says = html('span', {class: 'says', role: 'status', id: 'says'});
	return html('div', {class: 'tools'}, [axis, ...(lanes.length > 0 ? make_filters() : []), ...(lanes.length > 0 ? [parts.says] : [])]);
}

function legend() {
	const rows = [['syn', 'SYN'], ['established', 'established'], ['request', 'request (CR)'], ['ok', 'OK response'], ['bind', 'bind request'],
		['close', 'close by FIN', 'fin'], ['close', 'close by reset or other', 'rst'], ['event', 'event 4283'], ['open', '4283, ambiguous or without a connection']];
	const items = rows.map(([shape, words, how]) => html('li', {}, [svg('svg', {width: 16, height: 16, viewBox: '0 0 16 16', 'aria-hidden': 'true'}, sign(shape, 8, 8, how)), words]));
	const bar = (class_name, height, words) => html('li', {}, [svg('svg', {width: 24, height: 16, viewBox: '0 0 24 16', 'aria-hidden': 'true'},
		svg('path', {class: class_name, d: 'M0 ' + (8 - height / 2) + 'h24v' + height + 'h-24z'})), words]);
	items.push(bar('s-wait', 9, 'the wait'), bar('s-data', 5, 'data'), bar('s-width', 14, 'where in time an event may be'),
		html('li', {}, [svg('svg', {width: 16, height: 16, viewBox: '0 0 16 16', 'aria-hidden': 'true'}, svg('path', {stroke: 'var(--mark)', 'stroke-width': 2.4, d: 'M8 4v7'})), 'event 4258']));
	return html('ul', {class: 'legend', 'aria-label': 'Legend'}, items);
}

function words_of_timeline() {
	const peak = (values) => values.reduce((most, value) => Math.max(most, value), 0);
	return {above: 'at most ' + peak(page.waiting) + ' connections waited for the OK at once; new connections up to ' + peak(page.arrivals) +
		(page.step_s === 1 ? ' a second' : ' in ' + page.step_s + ' s') + '; ' + count(incidents.length, 'event') + ' 4283.'};
}

function make_timeline() {
	const section = document.getElementById('timeline');
	if (bins === 0 || summary.connections === 0)
		return;
	section.hidden = false;
	parts.words = words_of_timeline();
	parts.overview = html('div', {id: 'overview-wrap'});
	parts.above = html('div', {id: 'above-wrap', tabindex: '0', role: 'group', 'aria-label': 'Axis of time: plus and minus zoom, left and right pan, 0 shows the whole'});
	parts.spacer = html('div', {'aria-hidden': 'true'});
	parts.lanes = html('div', {id: 'lanes', role: 'listbox', tabindex: '0', 'aria-label': 'Failed connections over time. Up and down choose, Enter opens'});
	const plot = html('div', {class: 'plot'}, [parts.overview, parts.above, parts.lanes]);
	section.append(html('h2', {}, 'Timeline'), make_tools(), plot);
	if (lanes.length === 0)
		parts.lanes.hidden = true;
	else
		section.append(legend(), html('p', {class: 'hint'}, 'Click a connection, or choose it with ↑ ↓ and press Enter, to see its packets. Drag or ← → pan, ' +
			'+ − or Ctrl with the wheel zoom, 0 shows the whole. Click an event to find its connection.'));
	if (page.lanes < page.failure_count)
		section.append(html('p', {class: 'note'}, page.lanes + ' of ' + page.failure_count + ' failures have a lane: those with an event, and evenly of the others as ' +
			'many as there is room for. All are counted in the row of the whole capture, in the waits and in the findings. A filter (-f) shows fewer of them whole.'));
	const unplaced = incidents.filter((incident) => incident.time === null).length;
	if (unplaced > 0)
		section.append(html('p', {class: 'note'}, count(unplaced, 'event') + ' 4283 cannot be placed on this axis: the clocks could not be lined up.'));
	parts.lanes.addEventListener('scroll', () => requestAnimationFrame(draw_lanes));
	parts.lanes.addEventListener('keydown', on_lane_key);
	parts.above.addEventListener('keydown', on_axis_key);
	plot.addEventListener('wheel', on_wheel, {passive: false});
	parts.above.addEventListener('click', on_event_click);
	make_draggable(parts.above, drag_axis);
	make_draggable(parts.overview, drag_window);
	parts.says = parts.says || html('span');
}

/* ---- The ladder of one connection ---- */

const STEPS = [['syn', 'SYN', 'client'], ['synack', 'SYN/ACK', 'server'], ['established', 'ACK: established', 'client'], ['request', 'request (CR)', 'client'],
	['ok', 'OK response', 'server'], ['bind_request', 'bind request', 'client'], ['bind_result', 'bind result', 'server'], ['first_data', 'first data', 'client'],
	['close', 'close', null]];
const HOWS = {fin: 'FIN', rst: 'RST', dr: 'DR', abort: 'ABORT', icmp: 'ICMP error'};

function frame_words(moment) {
	return 'frame ' + moment.frame + (several && moment.capture !== undefined ? ' of capture ' + moment.capture : '');
}

function steps_of(lane) {
	const list = [];
	for (const [name, words, from] of STEPS) {
		const milestone = lane.record.milestones[name];
		if (milestone === null || milestone === undefined)
			continue;
		const close = name === 'close';
		list.push({time: lane.at[name], from: close ? milestone.by : from, close,
			words: close ? 'close: ' + (HOWS[milestone.how] || milestone.how || 'end') + (milestone.by === null ? '' : ', by the ' + milestone.by) : words, frame: frame_words(milestone)});
	}
	list.sort((a, b) => a.time - b.time);
	for (const incident of lane.incidents)
		for (const mark of incident.marks)
			if (mark.time !== null)
				list.push({time: mark.time, event: mark.event, words: 'event ' + mark.event.number + ', ' + incident.record.confidence, frame: 'LPI ' + incident.record.lpi});
	return list;
}

function since(time) {
	return '+' + (time < 0.0005 ? time.toFixed(6) : time.toFixed(3)) + '\u00a0s';
}

/* Steps stand evenly; a wait that is long against the others is told in words and drawn as a gap. */
function ladder_svg(lane, width) {
	const steps = steps_of(lane);
	const narrow = width < 520;
	const left = narrow ? 72 : 110;
	const right = width - (narrow ? 26 : 160);
	const node = svg('svg', {role: 'img', 'aria-label': 'Ladder of ' + lane_words(lane)});
	const tail = [];
	let y = 46;
	let before = null;
	for (const step of steps) {
		const gap = before === null ? 0 : step.time - before;
		if (gap >= 1) {
			const span = 44;
			const from = y - 14;
			const waited = step.close && lane.wait !== null;
			const by = lane.record.milestones.close !== null && lane.record.milestones.close.by === 'server' ? right : left;
			if (waited)
				tail.push(svg('path', {class: 's-wait', d: 'M' + (by - 5) + ' ' + from + 'h10v' + span + 'h-10z'}));
			tail.push(text((left + right) / 2, from + span / 2 + 3, waited ? 'waited ' + duration(lane.record.wait_us) : (step.event ? 'about ' + gap.toFixed(1) + '\u00a0s' : duration(gap * 1e6)) + ' later',
				{class: waited ? 'bad' : 'faint', 'text-anchor': 'middle', 'font-weight': 600}));
			y += span - 4;
		}
		tail.push(...draw_step(step, lane, y, left, right, narrow));
		before = step.time;
		y += narrow ? 44 : 36;
	}
	for (const [x, end, words] of [[left, lane.record.client, 'client'], [right, lane.record.server, 'server']]) {
		node.append(svg('path', {class: 'rule', d: 'M' + x + ' 26V' + (y - 10)}));
		const name = narrow ? words : words + ' ' + endpoint(end);
		node.append(text(x, 16, name, {'text-anchor': 'middle', 'font-weight': 600}));
	}
	node.append(...tail);
	fill(node, {viewBox: '0 0 ' + width + ' ' + y, width, height: y});
	return node;
}

function draw_step(step, lane, y, left, right, narrow) {
	const relative = step.time - lane.start;
	/* Of an event's time only the second is known. */
	const when = step.event ? '≈ +' + relative.toFixed(1) + '\u00a0s' : narrow ? '+' + duration(relative * 1e6) : since(relative);
	const list = [text(narrow ? 2 : 8, y + 4, when, {class: 'faint'}),
		text(narrow ? right - 4 : width_end(right), narrow ? y + 18 : y + 4, step.frame, {class: 'faint', 'text-anchor': narrow ? 'end' : 'start'})];
	if (step.event) {
		list.push(svg('path', {class: 's-link', d: 'M' + right + ' ' + y + 'h-20'}), svg('path', {class: 's-event', d: triangle(right, y, 6, true)}),
			text(right - 26, y + 4, step.words, {class: 'mark', 'text-anchor': 'end', 'font-weight': 600}));
		return list;
	}
	const middlebox = step.from === 'middlebox';
	const backwards = step.from === 'server';
	const from = middlebox ? (left + right) / 2 : backwards ? right : left;
	const stroke = step.close ? 'var(--bad)' : 'var(--ink)';
	for (const to of middlebox ? [left, right] : [backwards ? left : right]) {
		const head = to > from ? -8 : 8;
		list.push(svg('path', {d: 'M' + from + ' ' + y + 'H' + to + 'm' + head + ' -5L' + to + ' ' + y + 'l' + head + ' 5', fill: 'none', stroke, 'stroke-width': step.close ? 2.2 : 1.5}));
	}
	if (middlebox)
		list.push(svg('path', {class: 's-hollow', d: 'M' + (from - 6) + ' ' + (y - 6) + 'h12v12h-12z'}));
	list.push(text((left + right) / 2, y - (middlebox ? 10 : 7), step.words, {class: step.close ? 'bad' : null, 'text-anchor': 'middle'}));
	return list;
}

function width_end(right) {
	return right + 12;
}

/* Only what a shell takes as it stands: of a name that would need quotes no command is made. */
function is_plain(name) {
	return /^[!-~]+$/.test(name) && !/['"\\$`!*?[\](){}<>|&;#~]/.test(name) && name[0] !== '-';
}

function commands(lane) {
	const record = lane.record;
	const frames = new Map();
	for (const evidence of record.evidence) {
		const capture = evidence.capture === undefined ? 1 : evidence.capture;
		if (!frames.has(capture))
			frames.set(capture, new Set());
		frames.get(capture).add(evidence.frame);
	}
	const family = record.client.ip.includes(':') ? 'ipv6' : 'ip';
	const list = [];
	for (const [index, set] of frames) {
		const capture = captures[index - 1];
		if (capture === undefined || !is_plain(capture.file))
			continue;
		list.push('tshark -r ' + capture.file + " -Y '" + [...set].sort((a, b) => a - b).map((frame) => 'frame.number==' + frame).join(' || ') + "'");
		const range = several ? '' : 'frame.number>=' + record.frames.first + ' && frame.number<=' + record.frames.last + ' && ';
		list.push('tshark -r ' + capture.file + " -Y '" + range + family + '.addr==' + record.client.ip + ' && ' + family + '.addr==' + record.server.ip +
			' && tcp.port==' + record.client.port + ' && tcp.port==' + record.server.port + "'");
	}
	return list;
}

function facts(lane) {
	const record = lane.record;
	const rows = [['outcome', record.outcome + (record.early_close ? ', closed early' : '')],
		['origin', (record.origin || 'none') + ', confidence ' + record.confidence.toFixed(2) + (record.cause === null ? '' : ', ' + record.cause)]];
	const refusal = record.refusal;
	if (refusal !== null)
		rows.push(['it said', refusal.layer + (refusal.reason === null ? '' : ', ' + refusal.reason) + (refusal.code === null ? '' : ' (' + refusal.code + ')')]);
	if (record.wait_us !== null)
		rows.push(['waited', duration(record.wait_us)]);
	rows.push(['packets', record.frames.count + ', frames ' + record.frames.first + ' to ' + record.frames.last],
		['SYNs', String(record.syn_attempts)],
		['retransmissions', 'client ' + record.retransmissions.client + ', server ' + record.retransmissions.server]);
	if (record.missing_bytes.client + record.missing_bytes.server > 0)
		rows.push(['missing bytes', 'client ' + record.missing_bytes.client + ', server ' + record.missing_bytes.server]);
	if (record.transport !== null)
		rows.push(['transport', 'class ' + record.transport.class + ', ' + (record.transport.calling_tsap || 'no TSAP') + ' → ' + (record.transport.called_tsap || 'no TSAP')]);
	rows.push(['attempt', record.ladder.attempt + ' of ladder ' + record.ladder.id], ['Community ID', record.community_id]);
	return html('dl', {class: 'facts'}, rows.flatMap(([name, value]) => [html('dt', {}, name), html('dd', {}, value)]));
}

function event_list(lane) {
	const items = [];
	for (const incident of lane.incidents) {
		for (const mark of incident.marks)
			items.push(html('li', {}, [html('b', {}, 'event ' + mark.event.number + ' '), 'at ' + (mark.event.t_local || 'an unknown time') + (mark.event.utc ? ' UTC' : ' of the log') +
				(mark.event.line === null ? '' : ', line ' + mark.event.line) + ': ' + (mark.event.text || '')]));
		if (incident.record.candidates.length > 1)
			items.push(html('li', {}, 'may as well belong to ' + incident.record.candidates.filter((id) => id !== lane.record.id).map((id) => '#' + id).join(', ')));
	}
	return items.length === 0 ? [] : [html('h3', {}, 'Events'), html('ul', {}, items)];
}

function open_ladder(lane) {
	const dialog = document.getElementById('ladder');
	const record = lane.record;
	const width = Math.min(920, window.innerWidth - 60);
	const close = button('Close', 'Close', () => dialog.close(), {id: 'ladder-close'});
	const evidence = record.evidence.map((item) => html('li', {}, [html('b', {}, frame_words(item) + ' '), item.says]));
	const shown = commands(lane);
	dialog.replaceChildren(html('div', {class: 'inside'}, [
		html('div', {class: 'bar'}, [html('h2', {id: 'ladder-title'}, '#' + record.id + ' ' + endpoint(record.client) + ' → ' + endpoint(record.server)), close]),
		html('p', {class: 'faint'}, day(lane.start) + ' ' + clock(lane.start, 6)),
		ladder_svg(lane, width),
		...(evidence.length === 0 ? [] : [html('h3', {}, 'Evidence'), html('ul', {}, evidence)]),
		...event_list(lane), html('h3', {}, 'Facts'), facts(lane),
		...(shown.length === 0 ? [] : [html('h3', {}, 'To look it up: the evidence, and the whole connection'), ...shown.map((command) => html('pre', {}, command))])]));
	if (!dialog.open)
		dialog.showModal();
	close.focus();
}

/* ---- Times to the OK, and waits ---- */

function distribution(values, range, top, height, width, left, class_name, down) {
	const tall = values.reduce((most, value) => Math.max(most, value), 0);
	let path = '';
	const each = (width - left - 12) / (range[1] - range[0]);
	for (let level = range[0]; level < range[1]; level++) {
		if (!(values[level] > 0))
			continue;
		const bar = Math.max(1.5, values[level] / tall * height);
		path += 'M' + (left + (level - range[0]) * each).toFixed(1) + ' ' + (down ? top : top + height).toFixed(1) + 'v' + (down ? '' : '-') + bar.toFixed(1) +
			'h' + Math.max(each - 0.6, 1).toFixed(1) + 'v' + (down ? '-' : '') + bar.toFixed(1) + 'z';
	}
	return {peak: tall, node: svg('path', {d: path, class: class_name})};
}

function draw_waits() {
	const fine = page.levels_total;
	const used = [...page.ok_total.keys()].filter((i) => page.ok_total[i] > 0 || page.wait_total[i] > 0);
	const section = document.getElementById('waits');
	if (used.length === 0)
		return;
	section.hidden = false;
	const range = [Math.floor(used[0] / fine) * fine, Math.ceil((used[used.length - 1] + 1) / fine) * fine];
	const width = Math.max(300, (section.clientWidth || 800) - 2);
	size_of_waits.width = width;
	const left = width < 560 ? 44 : 150;
	const x = (us) => left + (Math.log10(Math.max(us, 1)) * fine - range[0]) * (width - left - 12) / (range[1] - range[0]);
	const node = svg('svg', {role: 'img', 'aria-label': 'Distribution of the times from SYN to OK and of the waits of the failed connections. ' + timer_words()});
	const middle = 166;
	const failed = lanes.length > 0;
	let waits = {peak: 0};
	const bottom = failed ? 332 : middle + 8;
	for (let level = range[0]; level <= range[1]; level += fine) {
		const at = left + (level - range[0]) * (width - left - 12) / (range[1] - range[0]);
		node.append(svg('path', {class: 'grid', d: 'M' + at.toFixed(1) + ' 64V' + bottom}));
		node.append(text(at, bottom + 16, decade(level / fine), {class: 'faint', 'text-anchor': level === range[1] ? 'end' : 'middle'}));
	}
	const oks = distribution(page.ok_total, range, 68, middle - 68, width, left, 'f-good', false);
	node.append(oks.node, svg('path', {class: 'rule', d: 'M' + left + ' ' + middle + '.5H' + (width - 12)}));
	side_label(node, left, 100, 'got the OK', 'SYN to OK', 'f-good');
	if (oks.peak > 0)
		quantiles(node, x, middle);
	if (failed) {
		waits = distribution(page.wait_total, range, middle + 2, 100, width, left, 'f-bad', true);
		node.append(waits.node);
		side_label(node, left, middle + 50, 'failed', 'waited', 'f-bad');
		timers(node, x, middle, width);
	}
	fill(node, {viewBox: '0 0 ' + width + ' ' + (bottom + 24), width, height: bottom + 24});
	section.replaceChildren(html('h2', {}, failed ? 'How long the OK took, and how long the failures waited' : 'How long the OK took'),
		html('div', {class: 'plot'}, node),
		html('p', {class: 'hint'}, 'Logarithmic axis. The tallest bar of each side fills its height: ' + oks.peak + ' OKs' +
			(failed ? ', ' + count(waits.peak, 'failure') + '. Waits that agree on one length stand as one bar: a timer.' : '.')));
}

function side_label(node, left, y, words, more, class_name) {
	if (left < 100) {
		node.append(svg('path', {class: class_name, d: 'M6 ' + (y - 10) + 'h10v10h-10z'}), text(4, y + 14, words.split(' ')[0], {}));
		return;
	}
	node.append(svg('path', {class: class_name, d: 'M10 ' + (y - 9) + 'h10v10h-10z'}), text(26, y, words, {'font-weight': 600}), text(26, y + 16, more, {class: 'faint'}));
}

const size_of_waits = {width: 800};

function quantiles(node, x, middle) {
	const quantile = summary.syn_to_ok_us;
	const told = new Map();
	for (const [name, words] of [['p50', 'median'], ['p90', '90 %'], ['p99', '99 %'], ['max', 'max']]) {
		const value = quantile[name];
		if (value !== null)
			told.set(value, told.has(value) ? told.get(value) + ', ' + words : words);
	}
	/* A label goes to the first line on which it does not touch the one before it. */
	const ends = [-Infinity, -Infinity, -Infinity, -Infinity];
	for (const [value, names] of told) {
		const words = names + ' ' + duration(value);
		const half = words.length * 3.4;
		const at = Math.min(Math.max(x(value), half), size_of_waits.width - half);
		const line = Math.max(0, ends.findIndex((end) => at - half > end + 6));
		ends[line] = at + half;
		node.append(svg('path', {class: 'rule', d: 'M' + x(value).toFixed(1) + ' ' + (18 + line * 15) + 'V' + middle, 'stroke-dasharray': '3 3'}),
			text(at, 14 + line * 15, words, {'text-anchor': 'middle', class: 'faint'}));
	}
}

function timer_list() {
	const seen = new Map();
	for (const finding of findings) {
		if (finding.timer === null)
			continue;
		const key = finding.timer.seconds.toFixed(1) + ' ' + finding.timer.owner;
		const timer = seen.get(key) || {seconds: finding.timer.seconds, count: 0, owner: finding.timer.owner, known: finding.timer.known};
		timer.count += finding.timer.count;
		seen.set(key, timer);
	}
	return [...seen.values()].sort((a, b) => b.count - a.count).slice(0, 6);
}

function timer_words() {
	const list = timer_list();
	return list.length === 0 ? '' : 'Timers: ' + list.map((timer) => duration(timer.seconds * 1e6) + ' of the ' + timer.owner + ', ' + timer.count + ' times').join('; ') + '.';
}

function timers(node, x, middle, width) {
	const ends = [-Infinity, -Infinity, -Infinity];
	for (const timer of timer_list().sort((a, b) => a.seconds - b.seconds)) {
		const at = x(timer.seconds * 1e6);
		const line = Math.max(0, ends.findIndex((end) => at - 74 > end));
		const y = middle + 120 + line * 16;
		ends[line] = at + 74;
		node.append(svg('path', {class: 's-event', style: 'fill:var(--bad)', d: triangle(at, middle + 106, 4, false)}),
			text(Math.min(Math.max(at, 80), width - 84), y + 6, duration(timer.seconds * 1e6) + ' timer, ' + timer.owner + ' (' + timer.count + ')', {class: 'bad', 'font-weight': 600, 'text-anchor': 'middle'}));
	}
}

/* ---- How the clocks line up ---- */

function draw_lags() {
	const box = document.getElementById('lags');
	const matched = incidents.filter((incident) => incident.record.lag_s !== null && incident.time !== null);
	if (box === null || matched.length === 0)
		return;
	const width = Math.max(300, (box.clientWidth || 800) - 2);
	const height = 150;
	const left = width < 560 ? 44 : 150;
	let low = 0;
	let high = 1;
	for (const incident of matched) {
		low = Math.min(low, incident.record.lag_s - 0.5);
		high = Math.max(high, incident.record.lag_s + 0.5);
	}
	const y = (lag) => 12 + (high - lag) / (high - low) * (height - 24);
	const x = (time) => left + time / whole.to * (width - left - 12);
	const node = svg('svg', {viewBox: '0 0 ' + width + ' ' + (height + 22), width, height: height + 22, role: 'img',
		'aria-label': 'Seconds from the close of a connection to its event, for ' + count(matched.length, 'event') + ': they agree where the clocks are lined up right.'});
	const step = [0.5, 1, 2, 5, 10, 30, 60, 300, 3600].find((value) => (high - low) / value <= 6) || 86400;
	for (let lag = Math.ceil(low / step) * step; lag <= high; lag += step)
		node.append(svg('path', {class: 'grid', d: 'M' + left + ' ' + y(lag).toFixed(1) + 'H' + (width - 12)}), text(left - 6, y(lag) + 4, lag + '\u00a0s', {class: 'faint', 'text-anchor': 'end'}));
	const paths = {certain: '', probable: '', ambiguous: ''};
	let spans = '';
	for (const incident of matched) {
		const at = x(incident.time);
		const lag = incident.record.lag_s;
		spans += 'M' + at.toFixed(1) + ' ' + y(lag + 0.5).toFixed(1) + 'V' + y(lag - 0.5).toFixed(1);
		paths[incident.record.confidence] += incident.record.confidence === 'probable' ? 'M' + (at - 3.5).toFixed(1) + ' ' + (y(lag) - 3.5).toFixed(1) + 'h7v7h-7z' : triangle(at, y(lag), 4.5, true);
	}
	node.append(svg('path', {d: spans, stroke: 'var(--mark)', 'stroke-width': 3, opacity: 0.3, fill: 'none'}), svg('path', {class: 's-event', d: paths.certain}),
		svg('path', {class: 's-event', d: paths.probable, opacity: 0.8}), svg('path', {class: 's-event-open', d: paths.ambiguous}));
	if (left > 100)
		node.append(text(8, 24, 'event − close', {'font-weight': 600}), text(8, 40, 'on one clock', {class: 'faint'}));
	for (const [time, anchor] of [[whole.from, 'start'], [whole.to, 'end']])
		node.append(text(x(time), height + 14, clock(time, 0), {class: 'faint', 'text-anchor': anchor}));
	const note = '▼ certain  ■ probable  ▽ ambiguous; the bars are the second that the log leaves open. That the lags agree is what the offset rests on.';
	box.replaceChildren(html('div', {class: 'plot'}, node), html('p', {class: 'faint'}, note));
}

/* ---- The table, and the quality of the capture ---- */

const ROWS = 50;
const PRINTED_ROWS = 100;

function table_row(lane) {
	const record = lane.record;
	const open = html('button', {type: 'button', class: 'link', 'aria-label': 'Open #' + record.id}, '#' + record.id);
	open.addEventListener('click', () => open_ladder(lane));
	const best = lane.incidents.map((incident) => incident.record.lpi + (incident.record.confidence === 'ambiguous' ? '\u00a0?' : ''));
	return html('tr', {}, [html('th', {scope: 'row'}, open), html('td', {class: 'number'}, day(lane.start) + ' ' + clock(lane.start, 3)), html('td', {}, endpoint(record.client)),
		html('td', {}, endpoint(record.server)), html('td', {}, record.outcome), html('td', {}, record.origin || ''),
		html('td', {class: 'number'}, record.wait_us === null ? '-' : duration(record.wait_us)), html('td', {}, best.join(', '))]);
}

function draw_table() {
	const table = document.getElementById('table');
	if (table === null)
		return;
	const list = state.shown;
	const rows = state.printing ? list.slice(0, PRINTED_ROWS) : list.slice(state.row, state.row + ROWS);
	table.tBodies[0].replaceChildren(...rows.map(table_row));
	document.getElementById('table-says').textContent = (list.length === 0 ? 'None fits the filter.' : (state.row + 1) + ' to ' + (state.row + rows.length) + ' of ' + list.length +
		', by time.') + (page.lanes < page.failure_count ? ' ' + (page.failure_count - page.lanes) + ' more are only counted.' : '') + ' “?” marks an event that may be another\'s.';
	const turn = (by) => { state.row = Math.min(Math.max(0, state.row + by), Math.max(0, list.length - 1)); draw_table(); };
	document.getElementById('pager').replaceChildren(...(list.length <= ROWS ? [] : [
		button('Previous ' + ROWS, 'Previous ' + ROWS, () => turn(-ROWS), {id: 'table-back', disabled: state.row === 0 ? '' : null}),
		button('Next ' + ROWS, 'Next ' + ROWS, () => turn(ROWS), {id: 'table-on', disabled: state.row + ROWS >= list.length ? '' : null})]));
}

function draw_quality() {
	const quality = summary.quality;
	const taps = {client: 'beside the clients', middle: 'between clients and server', server: 'beside the server'};
	const rows = [['packets', quality.packets], ['taken', taps[summary.tap] || 'where is not known'], ['bytes that never reached the capture', quality.gaps.bytes + ' of ' + count(quality.gaps.connections, 'connection')],
		['packets lost by the capture itself', quality.drops === null ? 'the file does not tell' : quality.drops], ['packets cut short', quality.cut_packets],
		['copies set aside', quality.duplicates], ['times the clock was set back', quality.clock_steps], ['packets that could not be decoded', quality.undecoded]];
	for (const [words, value] of [['packets encrypted below TCP', quality.protected], ['datagrams that lack fragments', quality.fragments_incomplete], ['fragments that contradict another', quality.fragments_overlapping], ['packets with too many tunnels', quality.too_deep]])
		if (value > 0)
			rows.push([words, value]);
	document.getElementById('quality').replaceChildren(html('h3', {}, 'Quality of the capture'),
		html('dl', {class: 'facts'}, rows.flatMap(([name, value]) => [html('dt', {}, name), html('dd', {class: 'number'}, String(value))])),
		html('h3', {}, 'Outcomes'),
		html('dl', {class: 'facts'}, Object.entries(summary.outcomes).filter(([, value]) => value > 0).flatMap(([name, value]) => [html('dt', {}, name), html('dd', {class: 'number'}, String(value))])));
}

/* ---- The whole ---- */

function measure() {
	const outer = parts.lanes === undefined ? 800 : lanes.length > 0 ? parts.lanes.clientWidth : parts.above.clientWidth;
	size.width = state.printing ? 900 : Math.max(300, outer);
	size.left = size.width < 620 ? 62 : size.width < 980 ? 170 : 300;
}

function draw() {
	measure();
	if (parts.lanes !== undefined)
		draw_timeline();
	draw_waits();
	draw_lags();
	const lane = proven();
	const box = document.getElementById('proof-ladder');
	if (lane !== undefined) {
		const room = document.getElementById('proof').clientWidth;
		box.replaceChildren(html('div', {class: 'plot'}, ladder_svg(lane, Math.min(room >= 1300 ? 640 : 760, Math.max(300, room - 2)))));
	}
}

function proven() {
	const proof = document.getElementById('proof');
	return proof === null ? undefined : lane_of.get(Number(proof.dataset.id));
}

/* Of thousands the page begins with those around the connection that proves the verdict: a lane must be seen. */
function first_look() {
	const NEAR = 14;
	const lane = proven();
	const row = lane === undefined ? 0 : lanes.indexOf(lane);
	return lanes.length <= 150 ? lanes : lanes.slice(Math.max(0, row - NEAR), row + NEAR);
}

make_timeline();
draw_quality();
measure();
if (lanes.length > 0 && parts.lanes !== undefined)
	fit(first_look());
draw();
draw_table();
let width_before = document.documentElement.clientWidth;
window.addEventListener('resize', () => {
	if (document.documentElement.clientWidth === width_before)
		return;
	width_before = document.documentElement.clientWidth;
	draw();
});
window.addEventListener('beforeprint', () => { state.printing = true; draw(); draw_table(); });
window.addEventListener('afterprint', () => { state.printing = false; draw(); draw_table(); });
document.documentElement.dataset.ready = 'true';
})();
