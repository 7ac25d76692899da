// theme.ts - runs before the first paint, so that no page flashes in the wrong
// colours. The preference is the account's; this browser remembers the last.
import {followTheme} from './app/theme';

followTheme();
