// appearance.tsx - light, dark, or as the device: at once, and on every device
// of the account.
import {useEffect, useState} from 'preact/hooks';
import {api, ok} from '../../api/client';
import {asApiError} from '../../api/error';
import {useLoad} from '../../api/load';
import {applyTheme, rememberedTheme, type Theme} from '../../app/theme';
import {Card, ErrorNote} from '../../ui/parts';
import {toast} from '../../ui/toast';

const THEMES: readonly [Theme, string, string][] = [
	['light', 'Light', 'Dark text on a light ground'],
	['dark', 'Dark', 'Light text on a dark ground'],
	['system', 'System', 'As this device is set'],
];

export function Appearance() {
	const preferences = useLoad(signal => ok(api.GET('/api/user/preferences', {signal})), []);
	const [theme, setTheme] = useState(rememberedTheme);
	const saved = preferences.data?.theme;
	// another device may have chosen otherwise
	useEffect(() => {
		if (saved) {
			setTheme(saved);
			applyTheme(saved);
		}
	}, [saved]);

	const choose = async (next: Theme) => {
		const before = theme;
		setTheme(next);
		applyTheme(next);
		try {
			preferences.set(await ok(api.PUT('/api/user/preferences', {body: {theme: next}})));
		} catch (thrown) {
			setTheme(before);
			applyTheme(before);
			toast(`The theme is not saved. ${asApiError(thrown).message}`, 'bad');
		}
	};
	return (
		<Card title="Theme">
			{preferences.error && <ErrorNote error={preferences.error} onRetry={() => void preferences.reload()} />}
			<fieldset class="themes">
				<legend class="hint">It changes at once, and wherever you are signed in the next time that you open the panel there.</legend>
				{THEMES.map(([id, text, hint]) => (
					<label key={id} class="theme">
						<span class={`swatch ${id}`} aria-hidden="true"><span /><span /><span /></span>
						<span class="theme-name">
							<input type="radio" name="theme" value={id} checked={theme === id} onChange={() => void choose(id)} />
							<span><strong>{text}</strong><span class="hint">{hint}</span></span>
						</span>
					</label>
				))}
			</fieldset>
		</Card>
	);
}
