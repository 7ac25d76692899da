// size.ts - bytes for people: 1.5 MB. Units are those of the server's settings.
const UNITS = ['KB', 'MB', 'GB'];

export function sizeText(bytes: number): string {
	let value = bytes / 1024;
	let unit = 0;
	while (value >= 1024 && unit < UNITS.length - 1) {
		value /= 1024;
		unit++;
	}
	// upwards: what is over a limit does not look like it
	return `${value < 10 && unit > 0 ? Math.ceil(10 * value) / 10 : Math.ceil(value)} ${UNITS[unit]}`;
}
