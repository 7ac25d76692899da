// card.tsx - what stands around the forms of people who are not signed in.
import type {ComponentChildren} from 'preact';

export function AuthCard({title, lead, foot, children}: {
	title: string;
	lead?: ComponentChildren;
	foot?: ComponentChildren;
	children: ComponentChildren;
}) {
	return (
		<div class="auth">
			<section class="card">
				<h1 tabIndex={-1}>{title}</h1>
				{lead && <p class="lead">{lead}</p>}
				{children}
			</section>
			{foot && <p class="auth-foot">{foot}</p>}
		</div>
	);
}

// How something ended, and where to go from there. Screen readers hear it.
export function Outcome({good, children, action}: {good: boolean; children: ComponentChildren; action: ComponentChildren}) {
	return (
		<div class="outcome">
			<p class={`note ${good ? 'good' : 'bad'}`} role={good ? 'status' : 'alert'}><span>{children}</span></p>
			<div class="actions">{action}</div>
		</div>
	);
}
