/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lanes of the failed connections, and what moves and filters them. */
function cross(x, y, half) {
	const side = 2 * half;
	return route('M', x - half, y - half, 'l', side, side, 'm0', -side, 'l', -side, side);
}

/* A sign has a shape of its own, so that no colour needs to be told from another. */
function sign(name, x, y, how) {
	const left = x.toFixed(1);
	switch (name) {
		case 'syn':
			return svg('circle', {class: 's-hollow', cx: left, cy: y, r: 4});
		case 'established':
			return svg('circle', {class: 's-other', cx: left, cy: y, r: 4});
		case 'request':
			return svg('path', {class: 's-other', d: route('M', x - 4, y - 4, 'h8v8h-8z')});
		case 'ok':
			return svg('path', {class: 's-ok', d: route('M', left, y - 6, 'l6 6l-6 6l-6 -6z')});
		case 'bind':
			return svg('path', {class: 's-other', d: triangle(x, y, 5, false)});
		case 'close':
			return how === 'fin' || how === null || how === undefined
				? svg('path', {class: 's-close', d: cross(x, y, 4.5)})
				: svg('g', {}, [
						svg('path', {class: 's-close', d: cross(x, y, 4.5)}),
						svg('circle', {class: 's-close', cx: left, cy: y, r: 6.5, 'stroke-width': 1.6}),
					]);
		case 'event':
			return svg('path', {class: 's-event', d: triangle(x, y, 5, true)});
		default:
			return svg('path', {class: 's-event-open', d: triangle(x, y, 5, true)});
	}
}

function lane_words(lane) {
	const record = lane.record;
	const words = [
		'#' + record.id + ', ' + endpoint(record.client) + ' to ' + endpoint(record.server),
		record.outcome,
	];
	if (record.origin !== null) words.push('origin ' + record.origin);
	words.push('SYN at ' + clock(lane.start, 3));
	if (lane.wait !== null) words.push('waited ' + duration(record.wait_us));
	if (record.milestones.close !== null)
		words.push(
			'closed by ' +
				(record.milestones.close.by || 'unknown') +
				' with ' +
				(record.milestones.close.how || 'nothing'),
		);
	for (const incident of lane.incidents)
		words.push('event 4283 of LPI ' + incident.record.lpi + ', ' + incident.record.confidence);
	return words.join(', ');
}

function inside(time) {
	return time !== null && time >= view.from && time <= view.to;
}

function within(x) {
	return Math.min(Math.max(x, size.left), size.width - size.right);
}

function stretch(from, to, y, height, class_name) {
	const left = Math.max(x_of(from), size.left);
	const right = Math.min(x_of(to), size.width - size.right);
	return right < left
		? null
		: svg('path', {
				class: class_name,
				d: block(left, y - height / 2, Math.max(right - left, 1), height),
			});
}

function draw_lane(lane, row) {
	const y = row * LANE + LANE / 2;
	const at = lane.at;
	const record = lane.record;
	const group = svg('g', {
		role: 'option',
		id: 'lane-' + record.id,
		'aria-label': lane_words(lane),
		'aria-setsize': state.visible.length,
		'aria-posinset': row + 1,
		'aria-selected': lane === state.active ? 'true' : 'false',
		class: lane === state.active ? 'active' : null,
	});
	group.append(
		svg('rect', {class: 'back', x: 0.5, y: row * LANE + 0.5, width: size.width - 1, height: LANE - 1}),
	);
	group.append(svg('title', {}, lane_words(lane)));
	group.append(text(8, y + 4, '#' + record.id));
	if (size.left >= 120)
		group.append(
			text(
				62,
				y + 4,
				record.client.ip.length > 15 ? '…' + record.client.ip.slice(-14) : record.client.ip,
				{class: 'faint'},
			),
		);
	if (size.left >= 240) group.append(text(size.left - 8, y + 4, record.outcome, {'text-anchor': 'end'}));
	group.append(stretch(lane.start, lane.end, y, 1.5, 'f-grey') || '');
	if (lane.wait !== null) {
		const end = at.close === null ? lane.end : at.close;
		const from = Math.max(lane.start, end - lane.wait);
		group.append(stretch(from, end, y, 11, 's-wait') || '');
		wait_words(group, lane, x_of(from), x_of(end), y);
	}
	if (at.first_data !== null && at.close !== null && at.close > at.first_data)
		group.append(stretch(at.first_data, at.close, y, 5, 's-data') || '');
	for (const incident of lane.incidents) draw_lane_incident(group, lane, incident, y);
	if (inside(at.close)) group.append(sign('close', x_of(at.close), y, record.milestones.close.how));
	for (const [name, shape] of [
		['established', 'established'],
		['syn', 'syn'],
		['request', 'request'],
		['bind_request', 'bind'],
		['ok', 'ok'],
	])
		if (inside(at[name])) group.append(sign(shape, x_of(at[name]), y));
	group.addEventListener('click', () => {
		activate(lane, false);
		open_ladder(lane);
	});
	return group;
}

/* How long, within the bar where there is room between the signs at its ends. */
function wait_words(group, lane, from, to, y) {
	const left = Math.max(from, size.left) + 10;
	const right = Math.min(to, size.width - size.right) - 10;
	if (right - left > 58)
		group.append(
			text((left + right) / 2, y + 4, duration(lane.record.wait_us), {
				class: 'on-wait',
				'text-anchor': 'middle',
			}),
		);
}

function draw_lane_incident(group, lane, incident, y) {
	const from = lane.at.close === null ? lane.end : lane.at.close;
	if (incident.time === null) return;
	for (const mark of incident.marks) {
		if (mark.event.number === 4283) group.append(stretch(mark.early, mark.late, y, 16, 's-width') || '');
		if (mark.event.number !== 4283) {
			if (inside(mark.time))
				group.append(
					svg('path', {
						stroke: 'var(--mark)',
						'stroke-width': 2.4,
						d: route('M', x_of(mark.time), y + 3, 'v6'),
					}),
				);
			continue;
		}
		const middle = mark.time;
		if (middle > view.from && from < view.to)
			group.append(
				svg('path', {
					class: 's-link',
					d: route('M', within(x_of(from)), y, 'H', within(x_of(middle))),
				}),
			);
		if (inside(middle))
			group.append(
				sign(incident.record.confidence === 'ambiguous' ? 'open' : 'event', x_of(middle), y - 3),
			);
	}
}

/* Where the events of a lane are drawn. */
function event_places(lane) {
	return lane.incidents
		.filter((incident) => incident.time !== null && inside(incident.time))
		.map((incident) => x_of(incident.time));
}

/* The lanes from first to before last as one drawing. */
function lanes_svg(first, last) {
	const list = state.visible;
	const height = Math.max(1, (last - first) * LANE);
	const node = svg('svg', {
		viewBox: '0 ' + first * LANE + ' ' + size.width + ' ' + height,
		width: size.width,
		height,
		role: 'presentation',
	});
	node.style.top = first * LANE + 'px';
	for (const tick of ticks(size.width - size.left - size.right))
		node.append(
			svg('path', {class: 'grid', d: route('M', x_of(tick.time), first * LANE, 'V', last * LANE)}),
		);
	for (let row = first; row < last; row++) node.append(draw_lane(list[row], row));
	const row = list.indexOf(state.active);
	for (const x of row < 0 ? [] : event_places(state.active))
		node.append(
			svg('path', {
				class: 's-link',
				d: route('M', x, first * LANE, 'V', Math.min(row * LANE + 4, last * LANE)),
			}),
		);
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
	else box.removeAttribute('aria-activedescendant');
}

const PRINTED_TOGETHER = 6;
const PRINTED = 60;

function matches(lane) {
	const record = lane.record;
	return (
		(state.outcome === '' || record.outcome === state.outcome) &&
		(state.origin === '' || record.origin === state.origin) &&
		(state.peer === '' ||
			endpoint(record.client).includes(state.peer) ||
			endpoint(record.server).includes(state.peer))
	);
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
	if (parts.lanes !== undefined) parts.lanes.scrollTop = 0;
	draw_timeline();
	draw_table();
}

function activate(lane, scroll) {
	state.active = lane;
	const row = state.visible.indexOf(lane);
	const box = parts.lanes;
	if (scroll && row >= 0) {
		if (row * LANE < box.scrollTop) box.scrollTop = row * LANE;
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
	if (parts.events === undefined || y < parts.events.top || y > parts.events.bottom) return;
	for (const lane of state.visible)
		for (const place of event_places(lane))
			if (Math.abs(place - x) < 8 && (best === null || Math.abs(place - x) < Math.abs(best.place - x)))
				best = {lane, place};
	if (best !== null) activate(best.lane, true);
}

function on_lane_key(event) {
	const list = state.visible;
	const row = list.indexOf(state.active);
	const moves = {
		ArrowDown: row + 1,
		ArrowUp: row < 0 ? 0 : row - 1,
		Home: 0,
		End: list.length - 1,
		PageDown: row + 15,
		PageUp: row - 15,
	};
	if (event.ctrlKey || event.metaKey || event.altKey) return;
	if (event.key in moves && list.length > 0)
		activate(list[Math.min(Math.max(moves[event.key], 0), list.length - 1)], true);
	else if ((event.key === 'Enter' || event.key === ' ') && row >= 0) open_ladder(list[row]);
	else return on_axis_key(event);
	event.preventDefault();
}

function on_axis_key(event) {
	const acts = {
		'+': () => zoom(0.5),
		'=': () => zoom(0.5),
		'-': () => zoom(2),
		ArrowLeft: () => pan(-0.25),
		ArrowRight: () => pan(0.25),
		0: () => set_view(whole.from, whole.to),
	};
	if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in acts)) return;
	acts[event.key]();
	event.preventDefault();
}

/* Dragging pans; on the overview it moves the window there. */
function make_draggable(box, move) {
	let from = null;
	let last = null;
	/* Drawn once for each frame of the screen, however many moves there are. */
	const follow = () => {
		if (last !== null && from !== null) move(last, from, false);
		last = null;
	};
	box.addEventListener('pointerdown', (event) => {
		if (event.button !== 0) return;
		from = {x: event.clientX, view: {...view}};
		box.setPointerCapture(event.pointerId);
		move(event, from, true);
	});
	box.addEventListener('pointermove', (event) => {
		if (from === null) return;
		if (last === null) requestAnimationFrame(follow);
		last = event;
	});
	for (const name of ['pointerup', 'pointercancel'])
		box.addEventListener(name, () => {
			follow();
			from = null;
		});
}

function drag_axis(event, from, first) {
	const by =
		((event.clientX - from.x) / (size.width - size.left - size.right)) * (from.view.to - from.view.from);
	if (!first) set_view(from.view.from - by, from.view.to - by);
}

function drag_window(event) {
	const x = event.clientX - parts.overview.getBoundingClientRect().left;
	const time =
		whole.from + ((x - size.left) / (size.width - size.left - size.right)) * (whole.to - whole.from);
	const half = (view.to - view.from) / 2;
	set_view(time - half, time + half);
}

function on_wheel(event) {
	if (!event.ctrlKey && !event.shiftKey) return;
	event.preventDefault();
	const x = event.clientX - parts.above.getBoundingClientRect().left;
	if (event.shiftKey) pan(Math.sign(event.deltaY || event.deltaX) * 0.1);
	else zoom(event.deltaY > 0 ? 1.25 : 0.8, time_of(x));
}

function choice(name, values, words) {
	const node = html('select', {id: 'filter-' + name}, [html('option', {value: ''}, words)]);
	for (const [value, number] of values) node.append(html('option', {value}, value + ' (' + number + ')'));
	node.addEventListener('change', set_filter);
	parts[name] = node;
	return html('label', {}, [name, node]);
}

function tally(values) {
	const counts = new Map();
	for (const value of values) if (value !== null) counts.set(value, (counts.get(value) || 0) + 1);
	return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

function make_filters() {
	const peers = tally(lanes.map((lane) => lane.record.client.ip)).slice(0, 200);
	const list = html(
		'datalist',
		{id: 'peers'},
		peers.map(([ip, number]) => html('option', {value: ip}, number + ' failed')),
	);
	parts.peer = html('input', {
		id: 'filter-peer',
		list: 'peers',
		placeholder: 'address or part of it',
		autocomplete: 'off',
		spellcheck: 'false',
	});
	parts.peer.addEventListener('input', set_filter);
	return [
		choice('outcome', tally(lanes.map((lane) => lane.record.outcome)), 'all outcomes'),
		choice('origin', tally(lanes.map((lane) => lane.record.origin)), 'all origins'),
		html('label', {}, ['peer', parts.peer, list]),
	];
}

function make_tools() {
	const axis = html('div', {class: 'group', role: 'group', 'aria-label': 'Zoom and pan'}, [
		button('+', 'Zoom in', () => zoom(0.5), {id: 'zoom-in'}),
		button('−', 'Zoom out', () => zoom(2), {id: 'zoom-out'}),
		button('◀', 'Earlier', () => pan(-0.25), {id: 'earlier'}),
		button('▶', 'Later', () => pan(0.25), {id: 'later'}),
		...(lanes.length > 0
			? [button('Failures', 'Show the time of the failures', () => fit(state.shown), {id: 'fit'})]
			: []),
		button('Whole', 'Show the whole capture', () => set_view(whole.from, whole.to), {id: 'whole'}),
	]);
	parts.says = html('span', {class: 'says', role: 'status', id: 'says'});
	return html('div', {class: 'tools'}, [
		axis,
		...(lanes.length > 0 ? make_filters() : []),
		...(lanes.length > 0 ? [parts.says] : []),
	]);
}

function legend() {
	const rows = [
		['syn', 'SYN'],
		['established', 'established'],
		['request', 'request (CR)'],
		['ok', 'OK response'],
		['bind', 'bind request'],
		['close', 'close by FIN', 'fin'],
		['close', 'close by reset or other', 'rst'],
		['event', 'event 4283'],
		['open', '4283, ambiguous or without a connection'],
	];
	const items = rows.map(([shape, words, how]) =>
		html('li', {}, [
			svg(
				'svg',
				{width: 16, height: 16, viewBox: '0 0 16 16', 'aria-hidden': 'true'},
				sign(shape, 8, 8, how),
			),
			words,
		]),
	);
	const bar = (class_name, height, words) =>
		html('li', {}, [
			svg(
				'svg',
				{width: 24, height: 16, viewBox: '0 0 24 16', 'aria-hidden': 'true'},
				svg('path', {class: class_name, d: route('M0', 8 - height / 2, 'h24v', height, 'h-24z')}),
			),
			words,
		]);
	items.push(
		bar('s-wait', 9, 'the wait'),
		bar('s-data', 5, 'data'),
		bar('s-width', 14, 'where in time an event may be'),
		html('li', {}, [
			svg(
				'svg',
				{width: 16, height: 16, viewBox: '0 0 16 16', 'aria-hidden': 'true'},
				svg('path', {stroke: 'var(--mark)', 'stroke-width': 2.4, d: 'M8 4v7'}),
			),
			'event 4258',
		]),
	);
	return html('ul', {class: 'legend', 'aria-label': 'Legend'}, items);
}

function words_of_timeline() {
	const peak = (values) => values.reduce((most, value) => Math.max(most, value), 0);
	return {
		above:
			'at most ' +
			peak(page.waiting) +
			' connections waited for the OK at once; new connections up to ' +
			peak(page.arrivals) +
			(page.step_s === 1 ? ' a second' : ' in ' + page.step_s + ' s') +
			'; ' +
			count(incidents.length, 'event') +
			' 4283.',
	};
}

function make_timeline() {
	const section = document.getElementById('timeline');
	if (bins === 0 || summary.connections === 0) return;
	section.hidden = false;
	parts.words = words_of_timeline();
	parts.overview = html('div', {id: 'overview-wrap'});
	parts.above = html('div', {
		id: 'above-wrap',
		tabindex: '0',
		role: 'group',
		'aria-label': 'Axis of time: plus and minus zoom, left and right pan, 0 shows the whole',
	});
	parts.spacer = html('div', {'aria-hidden': 'true'});
	parts.lanes = html('div', {
		id: 'lanes',
		role: 'listbox',
		tabindex: '0',
		'aria-label': 'Failed connections over time. Up and down choose, Enter opens',
	});
	const plot = html('div', {class: 'plot'}, [parts.overview, parts.above, parts.lanes]);
	section.append(html('h2', {}, 'Timeline'), make_tools(), plot);
	if (lanes.length === 0) parts.lanes.hidden = true;
	else
		section.append(
			legend(),
			html(
				'p',
				{class: 'hint'},
				'Click a connection, or choose it with ↑ ↓ and press Enter, to see its packets. Drag or ← → pan, ' +
					'+ − or Ctrl with the wheel zoom, 0 shows the whole. Click an event to find its connection.',
			),
		);
	if (page.lanes < page.failure_count)
		section.append(
			html(
				'p',
				{class: 'note'},
				page.lanes +
					' of ' +
					page.failure_count +
					' failures have a lane: those with an event, and evenly of the others as ' +
					'many as there is room for. All are counted in the row of the whole capture, in the waits and in the findings. A filter (-f) shows fewer of them whole.',
			),
		);
	const unplaced = incidents.filter((incident) => incident.time === null).length;
	if (unplaced > 0)
		section.append(
			html(
				'p',
				{class: 'note'},
				count(unplaced, 'event') +
					' 4283 cannot be placed on this axis: the clocks could not be lined up.',
			),
		);
	parts.lanes.addEventListener('scroll', () => requestAnimationFrame(draw_lanes));
	parts.lanes.addEventListener('keydown', on_lane_key);
	parts.above.addEventListener('keydown', on_axis_key);
	plot.addEventListener('wheel', on_wheel, {passive: false});
	parts.above.addEventListener('click', on_event_click);
	make_draggable(parts.above, drag_axis);
	make_draggable(parts.overview, drag_window);
	parts.says = parts.says || html('span');
}
