/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One connection packet by packet, as `mtascope show` has it. */
const exchanges = new Map(page.exchanges.list.map((item) => [item.id, item.rows]));
const [KIND, CAPTURE, FRAME, SINCE_SYN, SINCE_BEFORE, FROM_SERVER, MILESTONES, SAYS, MARKS] = Array(9).keys();

function exact(ns) {
	return (ns / 1e9).toFixed(6);
}

function arrow(row) {
	const from = row[FROM_SERVER] ? 62 : 2;
	const to = 64 - from;
	const head = to > from ? -6 : 6;
	return svg(
		'svg',
		{width: 64, height: 20, viewBox: '0 0 64 20', role: 'img', 'aria-label': row[FROM_SERVER] ? 'from the server' : 'from the client'},
		svg('path', {class: 's-arrow', d: route('M', from, 10, 'H', to, 'm', head, '-4L', to, 10, 'l', head, '4')}),
	);
}

function packet_words(row) {
	const style = {gap: 'bad', icmp: 'bad', 'left out': 'bad', incident: 'mark', fold: 'faint'}[row[KIND]];
	const says = [];
	if (row[MILESTONES] !== '')
		says.push(
			html(
				'b',
				{class: row[MILESTONES].includes('close') ? 'bad' : row[MILESTONES].includes('OK') ? 'good' : null},
				row[MILESTONES] + ': ',
			),
		);
	says.push(html('span', {class: style || (row[SAYS].startsWith('RST') ? 'bad' : null)}, row[SAYS]));
	if (row[MARKS] !== '') says.push(html('span', {class: 'bad'}, row[MARKS]));
	return says;
}

function packet_row(row) {
	const is_packet = row[KIND] === 'packet' || row[KIND] === 'icmp';
	const number = (words, more) => html('td', {class: 'number' + (more || '')}, words);
	return html('tr', {}, [
		/* Of an event's time only the second is known. */
		number(
			row[KIND] === 'gap'
				? ''
				: row[KIND] === 'incident'
					? '≈ ' + (row[SINCE_SYN] / 1e9).toFixed(1)
					: exact(row[SINCE_SYN]),
		),
		number(is_packet ? exact(row[SINCE_BEFORE]) : '', row[SINCE_BEFORE] >= 1e9 ? ' before long' : ' before'),
		number(is_packet ? (several ? row[CAPTURE] + ':' : '') + row[FRAME] : ''),
		html('td', {class: 'wire'}, is_packet ? arrow(row) : []),
		html('td', {class: 'says'}, packet_words(row)),
	]);
}

function why_no_packets() {
	const {lacks, unopened, most, differing} = page.exchanges;
	if (lacks !== null)
		return 'Milestones only: the packets take a second reading, and ' + lacks + ' can be read only once.';
	if (unopened)
		return 'Milestones only: the packets take a second reading, for which the captures could not be opened again.';
	if (page.failure_count > most)
		return (
			'Milestones only: this page holds the packets of ' +
			count(exchanges.size, 'connection') +
			' of ' +
			page.failure_count +
			' that failed.' +
			(differing > 0 ? ' Of ' + differing + ' the captures changed while they were read.' : '')
		);
	return 'Milestones only: the captures changed while they were read.';
}

function packets_of(lane) {
	const rows = exchanges.get(lane.record.id);
	if (rows === undefined) return [html('p', {class: 'faint'}, why_no_packets())];
	const heads = ['since start, s', 'since before, s', several ? 'cap:frame' : 'frame', 'C       S', ''];
	const classes = ['number', 'number before', 'number', 'ends', null];
	const table = html('table', {class: 'packets'}, [
		html('thead', {}, html('tr', {}, heads.map((words, i) => html('th', {scope: 'col', class: classes[i]}, words)))),
		html('tbody', {}, rows.map(packet_row)),
	]);
	return [html('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Packets'}, table)];
}
