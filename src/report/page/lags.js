/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the clocks of log and capture line up. */
function draw_lags() {
	const box = document.getElementById('lags');
	const matched = incidents.filter((incident) => incident.record.lag_s !== null && incident.time !== null);
	if (box === null || matched.length === 0) return;
	const width = Math.max(300, (box.clientWidth || 800) - 2);
	const height = 150;
	const left = width < 560 ? 44 : 150;
	let low = 0;
	let high = 1;
	for (const incident of matched) {
		low = Math.min(low, incident.record.lag_s - 0.5);
		high = Math.max(high, incident.record.lag_s + 0.5);
	}
	const y = (lag) => 12 + ((high - lag) / (high - low)) * (height - 24);
	const x = (time) => left + (time / whole.to) * (width - left - 12);
	const node = svg('svg', {
		viewBox: '0 0 ' + width + ' ' + (height + 22),
		width,
		height: height + 22,
		role: 'img',
		'aria-label':
			'Seconds from the close of a connection to its event, for ' +
			count(matched.length, 'event') +
			': they agree where the clocks are lined up right.',
	});
	const step = [0.5, 1, 2, 5, 10, 30, 60, 300, 3600].find((value) => (high - low) / value <= 6) || 86400;
	for (let lag = Math.ceil(low / step) * step; lag <= high; lag += step)
		node.append(
			svg('path', {class: 'grid', d: route('M', left, y(lag), 'H', width - 12)}),
			text(left - 6, y(lag) + 4, lag + '\u00a0s', {class: 'faint', 'text-anchor': 'end'}),
		);
	const paths = {certain: '', probable: '', ambiguous: ''};
	let spans = '';
	for (const incident of matched) {
		const at = x(incident.time);
		const lag = incident.record.lag_s;
		spans += route('M', at, y(lag + 0.5), 'V', y(lag - 0.5));
		paths[incident.record.confidence] +=
			incident.record.confidence === 'probable'
				? route('M', at - 3.5, y(lag) - 3.5, 'h7v7h-7z')
				: triangle(at, y(lag), 4.5, true);
	}
	node.append(
		svg('path', {d: spans, stroke: 'var(--mark)', 'stroke-width': 3, opacity: 0.3, fill: 'none'}),
		svg('path', {class: 's-event', d: paths.certain}),
		svg('path', {class: 's-event', d: paths.probable, opacity: 0.8}),
		svg('path', {class: 's-event-open', d: paths.ambiguous}),
	);
	if (left > 100)
		node.append(
			text(8, 24, 'event − close', {'font-weight': 600}),
			text(8, 40, 'on one clock', {class: 'faint'}),
		);
	for (const [time, anchor] of [
		[whole.from, 'start'],
		[whole.to, 'end'],
	])
		node.append(text(x(time), height + 14, clock(time, 0), {class: 'faint', 'text-anchor': anchor}));
	const note =
		'▼ certain  ■ probable  ▽ ambiguous; the bars are the second that the log leaves open. That the lags agree is what the offset rests on.';
	box.replaceChildren(html('div', {class: 'plot'}, node), html('p', {class: 'faint'}, note));
}
