/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One connection: its ladder, its facts, and how to look it up. */
const STEPS = [
	['syn', 'SYN', 'client'],
	['synack', 'SYN/ACK', 'server'],
	['established', 'ACK: established', 'client'],
	['request', 'request (CR)', 'client'],
	['ok', 'OK response', 'server'],
	['bind_request', 'bind request', 'client'],
	['bind_result', 'bind result', 'server'],
	['first_data', 'first data', 'client'],
	['close', 'close', null],
];
const HOWS = {fin: 'FIN', rst: 'RST', dr: 'DR', abort: 'ABORT', icmp: 'ICMP error'};

function frame_words(moment) {
	return (
		'frame ' +
		moment.frame +
		(several && moment.capture !== undefined ? ' of capture ' + moment.capture : '')
	);
}

function steps_of(lane) {
	const list = [];
	for (const [name, words, from] of STEPS) {
		const milestone = lane.record.milestones[name];
		if (milestone === null || milestone === undefined) continue;
		const close = name === 'close';
		list.push({
			time: lane.at[name],
			from: close ? milestone.by : from,
			close,
			words: close
				? 'close: ' +
					(HOWS[milestone.how] || milestone.how || 'end') +
					(milestone.by === null ? '' : ', by the ' + milestone.by)
				: words,
			frame: frame_words(milestone),
		});
	}
	list.sort((a, b) => a.time - b.time);
	for (const incident of lane.incidents)
		for (const mark of incident.marks)
			if (mark.time !== null)
				list.push({
					time: mark.time,
					event: mark.event,
					words: 'event ' + mark.event.number + ', ' + incident.record.confidence,
					frame: 'LPI ' + incident.record.lpi,
				});
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
			const by =
				lane.record.milestones.close !== null && lane.record.milestones.close.by === 'server'
					? right
					: left;
			if (waited)
				tail.push(svg('path', {class: 's-wait', d: route('M', by - 5, from, 'h10v', span, 'h-10z')}));
			tail.push(
				text(
					(left + right) / 2,
					from + span / 2 + 3,
					waited
						? 'waited ' + duration(lane.record.wait_us)
						: (step.event ? 'about ' + gap.toFixed(1) + '\u00a0s' : duration(gap * 1e6)) +
								' later',
					{class: waited ? 'bad' : 'faint', 'text-anchor': 'middle', 'font-weight': 600},
				),
			);
			y += span - 4;
		}
		tail.push(...draw_step(step, lane, y, left, right, narrow));
		before = step.time;
		y += narrow ? 44 : 36;
	}
	for (const [x, end, words] of [
		[left, lane.record.client, 'client'],
		[right, lane.record.server, 'server'],
	]) {
		node.append(svg('path', {class: 'rule', d: route('M', x, '26V', y - 10)}));
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
	const when = step.event
		? '≈ +' + relative.toFixed(1) + '\u00a0s'
		: narrow
			? '+' + duration(relative * 1e6)
			: since(relative);
	const list = [
		text(narrow ? 2 : 8, y + 4, when, {class: 'faint'}),
		text(narrow ? right - 4 : width_end(right), narrow ? y + 18 : y + 4, step.frame, {
			class: 'faint',
			'text-anchor': narrow ? 'end' : 'start',
		}),
	];
	if (step.event) {
		list.push(
			svg('path', {class: 's-link', d: route('M', right, y, 'h-20')}),
			svg('path', {class: 's-event', d: triangle(right, y, 6, true)}),
			text(right - 26, y + 4, step.words, {class: 'mark', 'text-anchor': 'end', 'font-weight': 600}),
		);
		return list;
	}
	const middlebox = step.from === 'middlebox';
	const backwards = step.from === 'server';
	const from = middlebox ? (left + right) / 2 : backwards ? right : left;
	const stroke = step.close ? 'var(--bad)' : 'var(--ink)';
	for (const to of middlebox ? [left, right] : [backwards ? left : right]) {
		const head = to > from ? -8 : 8;
		list.push(
			svg('path', {
				d: route('M', from, y, 'H', to, 'm', head, '-5L', to, y, 'l', head, '5'),
				fill: 'none',
				stroke,
				'stroke-width': step.close ? 2.2 : 1.5,
			}),
		);
	}
	if (middlebox) list.push(svg('path', {class: 's-hollow', d: route('M', from - 6, y - 6, 'h12v12h-12z')}));
	list.push(
		text((left + right) / 2, y - (middlebox ? 10 : 7), step.words, {
			class: step.close ? 'bad' : null,
			'text-anchor': 'middle',
		}),
	);
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
		if (!frames.has(capture)) frames.set(capture, new Set());
		frames.get(capture).add(evidence.frame);
	}
	const list = [];
	const names = captures.map((capture) => capture.file);
	if (names.every(is_plain))
		list.push(
			'mtascope show --connection ' +
				record.community_id +
				(record.server.port === 102 ? '' : ' -p ' + record.server.port) +
				' ' +
				names.join(' '),
		);
	const family = record.client.ip.includes(':') ? 'ipv6' : 'ip';
	for (const [index, set] of frames) {
		const capture = captures[index - 1];
		if (capture === undefined || !is_plain(capture.file)) continue;
		list.push(
			'tshark -r ' +
				capture.file +
				" -Y '" +
				[...set]
					.sort((a, b) => a - b)
					.map((frame) => 'frame.number==' + frame)
					.join(' || ') +
				"'",
		);
		const range = several
			? ''
			: 'frame.number>=' + record.frames.first + ' && frame.number<=' + record.frames.last + ' && ';
		list.push(
			'tshark -r ' +
				capture.file +
				" -Y '" +
				range +
				family +
				'.addr==' +
				record.client.ip +
				' && ' +
				family +
				'.addr==' +
				record.server.ip +
				' && tcp.port==' +
				record.client.port +
				' && tcp.port==' +
				record.server.port +
				"'",
		);
	}
	return list;
}

function facts(lane) {
	const record = lane.record;
	const rows = [
		['outcome', record.outcome + (record.early_close ? ', closed early' : '')],
		[
			'origin',
			(record.origin || 'none') +
				', confidence ' +
				record.confidence.toFixed(2) +
				(record.cause === null ? '' : ', ' + record.cause),
		],
	];
	const refusal = record.refusal;
	if (refusal !== null)
		rows.push([
			'it said',
			refusal.layer +
				(refusal.reason === null ? '' : ', ' + refusal.reason) +
				(refusal.code === null ? '' : ' (' + refusal.code + ')'),
		]);
	if (record.wait_us !== null) rows.push(['waited', duration(record.wait_us)]);
	rows.push(
		['packets', record.frames.count + ', frames ' + record.frames.first + ' to ' + record.frames.last],
		['SYNs', String(record.syn_attempts)],
		[
			'retransmissions',
			'client ' + record.retransmissions.client + ', server ' + record.retransmissions.server,
		],
	);
	if (record.missing_bytes.client + record.missing_bytes.server > 0)
		rows.push([
			'missing bytes',
			'client ' + record.missing_bytes.client + ', server ' + record.missing_bytes.server,
		]);
	if (record.transport !== null)
		rows.push([
			'transport',
			'class ' +
				record.transport.class +
				', ' +
				(record.transport.calling_tsap || 'no TSAP') +
				' → ' +
				(record.transport.called_tsap || 'no TSAP'),
		]);
	rows.push(
		['attempt', record.ladder.attempt + ' of ladder ' + record.ladder.id],
		['Community ID', record.community_id],
	);
	return html(
		'dl',
		{class: 'facts'},
		rows.flatMap(([name, value]) => [html('dt', {}, name), html('dd', {}, value)]),
	);
}

function event_list(lane) {
	const items = [];
	for (const incident of lane.incidents) {
		for (const mark of incident.marks)
			items.push(
				html('li', {}, [
					html('b', {}, 'event ' + mark.event.number + ' '),
					'at ' +
						(mark.event.t_local || 'an unknown time') +
						(mark.event.utc ? ' UTC' : ' of the log') +
						(mark.event.line === null ? '' : ', line ' + mark.event.line) +
						': ' +
						(mark.event.text || ''),
				]),
			);
		if (incident.record.candidates.length > 1)
			items.push(
				html(
					'li',
					{},
					'may as well belong to ' +
						incident.record.candidates
							.filter((id) => id !== lane.record.id)
							.map((id) => '#' + id)
							.join(', '),
				),
			);
	}
	return items.length === 0 ? [] : [html('h3', {}, 'Events'), html('ul', {}, items)];
}

function open_ladder(lane) {
	const dialog = document.getElementById('ladder');
	const record = lane.record;
	const width = Math.min(920, window.innerWidth - 60);
	const close = button('Close', 'Close', () => dialog.close(), {id: 'ladder-close'});
	const evidence = record.evidence.map((item) =>
		html('li', {}, [html('b', {}, frame_words(item) + ' '), item.says]),
	);
	const shown = commands(lane);
	dialog.replaceChildren(
		html('div', {class: 'inside'}, [
			html('div', {class: 'bar'}, [
				html(
					'h2',
					{id: 'ladder-title'},
					'#' + record.id + ' ' + endpoint(record.client) + ' → ' + endpoint(record.server),
				),
				close,
			]),
			html('p', {class: 'faint'}, day(lane.start) + ' ' + clock(lane.start, 6)),
			ladder_svg(lane, width),
			html('h3', {}, 'Packet by packet'),
			...packets_of(lane),
			...(evidence.length === 0 ? [] : [html('h3', {}, 'Evidence'), html('ul', {}, evidence)]),
			...event_list(lane),
			html('h3', {}, 'Facts'),
			facts(lane),
			...(shown.length === 0
				? []
				: [
						html('h3', {}, 'To look it up: the connection, and the frames of the evidence'),
						...shown.map((command) => html('pre', {}, command)),
					]),
		]),
	);
	if (!dialog.open) dialog.showModal();
	close.focus();
}
