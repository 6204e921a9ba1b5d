/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Draws the records that stand in the page. What came from a packet or a log only ever becomes text of a node
 * (textContent) or the value of an attribute that is no address and no code.
 */
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

/* Characters that cannot be seen, or turn the direction of what follows, are shown by their number. */
const UNSEEN =
	/[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202f\u205f-\u206f\ufeff\ufff0-\ufffb]/g;

function clean(text) {
	return String(text).replace(UNSEEN, (c) => '\\u{' + c.charCodeAt(0).toString(16).padStart(4, '0') + '}');
}

function whole_second(text) {
	return Date.parse(text.slice(0, text.indexOf('T') + 9) + 'Z') / 1000;
}

const epoch = page.from === null ? 0 : whole_second(page.from);

/* Seconds since the page's first whole second; exact to the last digit that the capture has. */
function seconds(text) {
	if (text === null || text === undefined) return null;
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
	if (us < 1000) return Math.round(us) + NB + 'µs';
	if (us < 1e6) return (us / 1e3).toFixed(us < 1e4 ? 1 : 0) + NB + 'ms';
	if (us < 6e8) return (us / 1e6).toFixed(us < 1e7 ? 2 : 1) + NB + 's';
	if (us < 3.6e10) return Math.floor(us / 6e7) + NB + 'min' + NB + (Math.floor(us / 1e6) % 60) + NB + 's';
	return Math.floor(us / 3.6e9) + NB + 'h' + NB + (Math.floor(us / 6e7) % 60) + NB + 'min';
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
		if (value !== null && value !== undefined) node.setAttribute(name, value);
	for (const child of [].concat(children === undefined ? [] : children))
		if (child !== null) node.append(child instanceof Node ? child : clean(child));
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

/* The data of a path: letters as they are, numbers to a tenth of a pixel. */
function route(...items) {
	return items.map((item) => (typeof item === 'number' ? Math.round(item * 10) / 10 : item)).join(' ');
}

/* A filled rectangle; a negative height goes up. */
function block(left, top, width, height) {
	return route('M', left, top, 'h', width, 'v', height, 'h', -width, 'z');
}

function text(x, y, words, attributes) {
	return svg('text', {x: Math.round(x * 10) / 10, y: Math.round(y * 10) / 10, ...attributes}, words);
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
	const marks = record.events
		.map((id) => events.get(id))
		.filter((event) => event !== undefined)
		.map((event) => {
			const later =
				event.t_local !== null && record.t_local !== null
					? whole_second(event.t_local) - whole_second(record.t_local)
					: 0;
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
	return {
		early: time - 0.5 - (known ? Math.max(0, interval[1] - offset) : 0),
		late: time + 0.5 + (known ? Math.max(0, offset - interval[0]) : 0),
	};
}

for (const incident of incidents) {
	const lane = lane_of.get(incident.record.connection);
	if (lane !== undefined) lane.incidents.push(incident);
}
for (const lane of lanes) {
	lane.reach = lane.end;
	for (const incident of lane.incidents)
		for (const mark of incident.time === null ? [] : incident.marks)
			lane.reach = Math.max(lane.reach, mark.late);
}
