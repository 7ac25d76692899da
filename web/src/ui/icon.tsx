// icon.tsx - the few icons that the panel uses, drawn on a 24 by 24 grid. They
// decorate: what they mean is said in words beside them or by a label.
const PATHS = {
	analytics: 'M4 19V5m0 14h16M8 15v-3m4 3V8m4 7v-5',
	alert: 'M12 9v4m0 3.5v.01M10.3 4.3 2.8 17.5A2 2 0 0 0 4.5 20.5h15a2 2 0 0 0 1.7-3L13.7 4.3a2 2 0 0 0-3.4 0z',
	arrow: 'M5 12h14m-6-6 6 6-6 6',
	back: 'M19 12H5m6-6-6 6 6 6',
	bell: 'M6 17V11a6 6 0 0 1 12 0v6l1.5 2h-15zM10 21.5h4',
	bolt: 'M13 3 5 13.5h6L10.5 21 19 10.5h-6z',
	branch: 'M7 4v11m0 0a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zm10-11a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zm0 5c0 5-10 3-10 7',
	check: 'm5 12.5 4.5 4.5L19 7.5',
	chevron: 'm9 6 6 6-6 6',
	clock: 'M12 7v5l3.5 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z',
	close: 'M6 6l12 12M18 6 6 18',
	copy: 'M9 9h10v11H9zM5 15V4h10',
	dashboard: 'M4 4h7v9H4zM13 4h7v5h-7zM13 11h7v9h-7zM4 15h7v5H4z',
	deployments: 'M12 3l8.5 4.5L12 12 3.5 7.5zM3.5 12 12 16.5l8.5-4.5M3.5 16.5 12 21l8.5-4.5',
	docs: 'M6 3h9l4 4v14H6zM14 3v5h5M9 13h7M9 17h5',
	down: 'M12 5v14m6-6-6 6-6-6',
	up: 'M12 19V5m6 6-6-6-6 6',
	external: 'M14 4h6v6m0-6-9 9M18 14v6H4V6h6',
	github: 'M9 19c-4.5 1.5-4.5-2.5-6-3m12 5v-3.5c0-1 .1-1.4-.5-2 2.8-.3 5.5-1.4 5.5-6a4.6 4.6 0 0 0-1.3-3.2 4.2 4.2 0 0 0-.1-3.2s-1.1-.3-3.5 1.3a12.3 12.3 0 0 0-6.2 0C6.5 2.8 5.4 3.1 5.4 3.1a4.2 4.2 0 0 0-.1 3.2A4.6 4.6 0 0 0 4 9.5c0 4.6 2.7 5.7 5.5 6-.6.6-.6 1.2-.5 2V21',
	google: 'M20.4 12H12m8.4 0a8.4 8.4 0 1 1-2.6-6.1',
	globe: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3.5 9.5h17M3.5 14.5h17M12 3c-5 5-5 13 0 18 5-5 5-13 0-18z',
	help: 'M9.5 9a2.5 2.5 0 1 1 3.5 2.3c-.7.4-1 .9-1 1.7m0 3.5v.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z',
	key: 'M14.5 9.5a4.5 4.5 0 1 1-2.2-3.9M12 11l8 8m-3-3 2-2',
	lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
	menu: 'M4 7h16M4 12h16M4 17h16',
	pause: 'M8 5v14M16 5v14',
	play: 'M7 5l12 7-12 7z',
	plus: 'M12 5v14M5 12h14',
	projects: 'M3 7a2 2 0 0 1 2-2h4l2 2.5h8a2 2 0 0 1 2 2V17a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z',
	refresh: 'M20 11a8 8 0 0 0-14.5-4L4 8.5M4 4v4.5h4.5M4 13a8 8 0 0 0 14.5 4l1.5-1.5M20 20v-4.5h-4.5',
	search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zm5 12 4.5 4.5',
	settings: 'M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM19 12a7 7 0 0 0-.15-1.4l2-1.6-2-3.4-2.4 1a7 7 0 0 0-2.4-1.4L13.7 2.7h-3.4l-.4 2.5a7 7 0 0 0-2.4 1.4l-2.4-1-2 3.4 2 1.6a7 7 0 0 0 0 2.8l-2 1.6 2 3.4 2.4-1a7 7 0 0 0 2.4 1.4l.4 2.5h3.4l.4-2.5a7 7 0 0 0 2.4-1.4l2.4 1 2-3.4-2-1.6A7 7 0 0 0 19 12z',
	shield: 'M12 3l8 3v6c0 4.5-3.2 7.7-8 9-4.8-1.3-8-4.5-8-9V6z',
	signout: 'M10 4H5v16h5m4-4 4-4-4-4m4 4H9',
	status: 'M3 12h4l3-8 4 16 3-8h4',
	stop: 'M7 7h10v10H7z',
	trash: 'M4 7h16M9 7V4h6v3m3 0-1 13H7L6 7m4 4v6m4-6v6',
	undo: 'M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3',
	user: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4.5 20a7.5 7.5 0 0 1 15 0',
	users: 'M9 5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM2.5 19.5a6.5 6.5 0 0 1 13 0M16 5.3a3.5 3.5 0 0 1 0 6.4m2 3.3a6.5 6.5 0 0 1 3.5 4.5',
	audit: 'M8 4H6a1 1 0 0 0-1 1v15h14V5a1 1 0 0 0-1-1h-2M9 3h6v3H9zM9 11h6M9 15h4',
} as const;

export type IconName = keyof typeof PATHS;

// What news of each mood begin with.
export const MOODS = {good: 'check', plain: 'help', warn: 'alert', bad: 'alert'} as const;

export function Icon({name, size = 18}: {name: IconName; size?: number}) {
	return (
		<svg class="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" fill="none"
			stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">
			<path d={PATHS[name]} />
		</svg>
	);
}
