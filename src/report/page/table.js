/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of the failures, and the quality of the capture. */
const ROWS = 50;
const PRINTED_ROWS = 100;

function table_row(lane) {
	const record = lane.record;
	const open = html(
		'button',
		{type: 'button', class: 'link', 'aria-label': 'Open #' + record.id},
		'#' + record.id,
	);
	open.addEventListener('click', () => open_ladder(lane));
	const best = lane.incidents.map(
		(incident) => incident.record.lpi + (incident.record.confidence === 'ambiguous' ? '\u00a0?' : ''),
	);
	return html('tr', {}, [
		html('th', {scope: 'row'}, open),
		html('td', {class: 'number'}, day(lane.start) + ' ' + clock(lane.start, 3)),
		html('td', {}, endpoint(record.client)),
		html('td', {}, endpoint(record.server)),
		html('td', {}, record.outcome),
		html('td', {}, record.origin || ''),
		html('td', {class: 'number'}, record.wait_us === null ? '-' : duration(record.wait_us)),
		html('td', {}, best.join(', ')),
	]);
}

function draw_table() {
	const table = document.getElementById('table');
	if (table === null) return;
	const list = state.shown;
	const rows = state.printing ? list.slice(0, PRINTED_ROWS) : list.slice(state.row, state.row + ROWS);
	table.tBodies[0].replaceChildren(...rows.map(table_row));
	document.getElementById('table-says').textContent =
		(list.length === 0
			? 'None fits the filter.'
			: state.row + 1 + ' to ' + (state.row + rows.length) + ' of ' + list.length + ', by time.') +
		(page.lanes < page.failure_count
			? ' ' + (page.failure_count - page.lanes) + ' more are only counted.'
			: '') +
		" “?” marks an event that may be another's.";
	const turn = (by) => {
		state.row = Math.min(Math.max(0, state.row + by), Math.max(0, list.length - 1));
		draw_table();
	};
	document.getElementById('pager').replaceChildren(
		...(list.length <= ROWS
			? []
			: [
					button('Previous ' + ROWS, 'Previous ' + ROWS, () => turn(-ROWS), {
						id: 'table-back',
						disabled: state.row === 0 ? '' : null,
					}),
					button('Next ' + ROWS, 'Next ' + ROWS, () => turn(ROWS), {
						id: 'table-on',
						disabled: state.row + ROWS >= list.length ? '' : null,
					}),
				]),
	);
}

function draw_quality() {
	const quality = summary.quality;
	const taps = {
		client: 'beside the clients',
		middle: 'between clients and server',
		server: 'beside the server',
	};
	const rows = [
		['packets', quality.packets],
		['taken', taps[summary.tap] || 'where is not known'],
		[
			'bytes that never reached the capture',
			quality.gaps.bytes + ' of ' + count(quality.gaps.connections, 'connection'),
		],
		[
			'packets lost by the capture itself',
			quality.drops === null ? 'the file does not tell' : quality.drops,
		],
		['packets cut short', quality.cut_packets],
		['copies set aside', quality.duplicates],
		['times the clock was set back', quality.clock_steps],
		['packets behind a later one', quality.out_of_order],
		['of these, packets that could not be put in order', quality.misplaced],
		['packets that could not be decoded', quality.undecoded],
	];
	for (const [words, value] of [
		['packets encrypted below TCP', quality.protected],
		['datagrams that lack fragments', quality.fragments_incomplete],
		['fragments that contradict another', quality.fragments_overlapping],
		['packets with too many tunnels', quality.too_deep],
	])
		if (value > 0) rows.push([words, value]);
	document.getElementById('quality').replaceChildren(
		html('h3', {}, 'Quality of the capture'),
		html(
			'dl',
			{class: 'facts'},
			rows.flatMap(([name, value]) => [
				html('dt', {}, name),
				html('dd', {class: 'number'}, String(value)),
			]),
		),
		html('h3', {}, 'Outcomes'),
		html(
			'dl',
			{class: 'facts'},
			Object.entries(summary.outcomes)
				.filter(([, value]) => value > 0)
				.flatMap(([name, value]) => [
					html('dt', {}, name),
					html('dd', {class: 'number'}, String(value)),
				]),
		),
	);
}
