/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts the parts together. */
function measure() {
	const outer =
		parts.lanes === undefined
			? 800
			: lanes.length > 0
				? parts.lanes.clientWidth
				: parts.above.clientWidth;
	size.width = state.printing ? 900 : Math.max(300, outer);
	size.left = size.width < 620 ? 62 : size.width < 980 ? 170 : 300;
}

function draw() {
	measure();
	if (parts.lanes !== undefined) draw_timeline();
	draw_waits();
	draw_offsets();
	draw_lags();
	const lane = proven();
	const box = document.getElementById('proof-ladder');
	if (lane !== undefined) {
		const room = document.getElementById('proof').clientWidth;
		box.replaceChildren(
			html(
				'div',
				{class: 'plot'},
				ladder_svg(lane, Math.min(room >= 1300 ? 640 : 760, Math.max(300, room - 2))),
			),
		);
	}
}

function draw_proof_packets() {
	const lane = proven();
	if (lane === undefined || !exchanges.has(lane.record.id)) return;
	const rows = exchanges.get(lane.record.id).length;
	document
		.getElementById('proof')
		.append(
			html('details', {class: 'more'}, [
				html('summary', {}, 'Packet by packet: ' + count(rows, 'row')),
				...packets_of(lane),
			]),
		);
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
draw_clocks();
measure();
if (lanes.length > 0 && parts.lanes !== undefined) fit(first_look());
draw();
draw_table();
draw_proof_packets();
let width_before = document.documentElement.clientWidth;
window.addEventListener('resize', () => {
	if (document.documentElement.clientWidth === width_before) return;
	width_before = document.documentElement.clientWidth;
	draw();
});
window.addEventListener('beforeprint', () => {
	state.printing = true;
	draw();
	draw_table();
});
window.addEventListener('afterprint', () => {
	state.printing = false;
	draw();
	draw_table();
});
document.documentElement.dataset.ready = 'true';
