// theme.ts - light, dark, or what the system says.

export type Theme = 'light' | 'dark' | 'system';

const KEY = 'autostack.theme';

export function rememberedTheme(): Theme {
	const theme = localStorage.getItem(KEY);
	return theme === 'light' || theme === 'dark' ? theme : 'system';
}

// The style sheet does the rest: without the attribute it follows the system.
export function applyTheme(theme: Theme): void {
	if (theme === 'system')
		delete document.documentElement.dataset.theme;
	else
		document.documentElement.dataset.theme = theme;
	localStorage.setItem(KEY, theme);
}
