// theme.ts - light, dark, or what the system says.

export type Theme = 'light' | 'dark' | 'system';

const KEY = 'autostack.theme';

export function rememberedTheme(): Theme {
	const theme = localStorage.getItem(KEY);
	return theme === 'light' || theme === 'dark' ? theme : 'system';
}

const systemIsDark = matchMedia('(prefers-color-scheme: dark)');

// The style sheet does the rest.
export function applyTheme(theme: Theme): void {
	document.documentElement.dataset.theme = theme === 'system' ? systemIsDark.matches ? 'dark' : 'light' : theme;
	localStorage.setItem(KEY, theme);
}

// Once for each page: goes on with the system as long as that is the choice.
export function followTheme(): void {
	applyTheme(rememberedTheme());
	systemIsDark.addEventListener('change', () => applyTheme(rememberedTheme()));
}
