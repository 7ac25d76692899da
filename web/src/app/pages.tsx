// pages.tsx - every page of the panel: its address, who may see it, where it
// stands in the navigation and the file that draws it, which is loaded when it
// is needed.
import type {ComponentType} from 'preact';
import type {IconName} from '../ui/icon';

// guest: only for people who are not signed in, others go to the dashboard
export type Who = 'public' | 'guest' | 'user' | 'manager' | 'admin';

export interface Page {
	path: string;
	title: string;
	who: Who;
	nav?: {icon: IconName; text: string};
	load(): Promise<{default: ComponentType}>;
}

const soon = () => import('../pages/soon');

export const pages: readonly Page[] = [
	{path: '/', title: 'Autostack', who: 'public', load: () => import('../pages/landing')},
	{path: '/login', title: 'Sign in', who: 'guest', load: () => import('../pages/login')},
	{path: '/signup', title: 'Sign up', who: 'guest', load: () => import('../pages/signup')},
	{path: '/forgot-password', title: 'Forgot password', who: 'public', load: () => import('../pages/forgot-password')},
	{path: '/reset-password', title: 'New password', who: 'public', load: () => import('../pages/reset-password')},
	{path: '/accept-invitation', title: 'Welcome', who: 'public', load: () => import('../pages/reset-password')},
	{path: '/verify-email', title: 'Confirm your address', who: 'public', load: () => import('../pages/verify-email')},
	{path: '/oauth', title: 'Signing in', who: 'public', load: () => import('../pages/oauth')},

	{path: '/dashboard', title: 'Dashboard', who: 'user', nav: {icon: 'dashboard', text: 'Dashboard'}, load: () => import('../pages/dashboard')},
	{path: '/projects', title: 'Projects', who: 'user', nav: {icon: 'projects', text: 'Projects'}, load: () => import('../pages/projects')},
	{path: '/projects/:id/:tab?', title: 'Project', who: 'user', load: () => import('../pages/project')},
	{path: '/deployments', title: 'Deployments', who: 'user', nav: {icon: 'deployments', text: 'Deployments'}, load: () => import('../pages/deployments')},
	{path: '/deployments/:id', title: 'Deployment', who: 'user', load: () => import('../pages/deployment')},
	{path: '/deploy', title: 'New deployment', who: 'user', load: () => import('../pages/deploy')},
	{path: '/analytics/:tab?', title: 'Analytics', who: 'user', nav: {icon: 'analytics', text: 'Analytics'}, load: () => import('../pages/analytics')},
	{path: '/status', title: 'Status', who: 'public', nav: {icon: 'status', text: 'Status'}, load: () => import('../pages/status')},
	{path: '/settings/:tab?', title: 'Settings', who: 'user', nav: {icon: 'settings', text: 'Settings'}, load: () => import('../pages/settings')},

	{path: '/users', title: 'Users', who: 'manager', nav: {icon: 'users', text: 'Users'}, load: () => import('../pages/users')},
	{path: '/audit', title: 'Audit log', who: 'user', nav: {icon: 'audit', text: 'Audit log'}, load: () => import('../pages/audit')},

	{path: '/docs', title: 'API', who: 'public', load: () => import('../pages/docs')},
	{path: '/redoc', title: 'API', who: 'public', load: () => import('../pages/docs')},

	{path: '/pricing', title: 'Pricing', who: 'public', load: soon},
	{path: '/templates', title: 'Templates', who: 'public', load: soon},
	{path: '/pipelines', title: 'Pipelines', who: 'public', load: soon},
	{path: '/monitoring', title: 'Monitoring', who: 'public', load: soon},
	{path: '/team', title: 'Team', who: 'public', load: soon},
	{path: '/integrations', title: 'Integrations', who: 'public', load: soon},
];

export function may(role: string | undefined, who: Who): boolean {
	switch (who) {
	case 'public':
	case 'guest':
		return true;
	case 'user':
		return role !== undefined;
	case 'manager':
		return role === 'manager' || role === 'admin';
	case 'admin':
		return role === 'admin';
	}
}
