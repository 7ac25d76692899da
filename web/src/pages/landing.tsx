// landing.tsx - what this is, for people who are not signed in yet.
import type {ComponentChildren} from 'preact';
import {user} from '../api/session';
import {LinkButton} from '../ui/button';
import {Icon, type IconName} from '../ui/icon';

// from the log of a deployment of the sample site, shortened
const LOG: readonly [at: string, text: string, mood?: string][] = [
	['00:00', 'Cloning repository sample.git (main)...'],
	['00:01', 'Commit ad920fc4cd9f: A small site made by Eleventy'],
	['00:01', 'Installing dependencies: npm ci'],
	['00:16', 'added 113 packages in 14s'],
	['00:16', 'Building: npm run build'],
	['00:20', '[11ty] Copied 1 Wrote 2 files in 0.41 seconds'],
	['00:20', "Publishing '_site'..."],
	['00:21', 'Deployment successful!', 'good'],
];

function Feature({icon, title, wide, children}: {icon: IconName; title: string; wide?: boolean; children: ComponentChildren}) {
	return (
		<li class={`card${wide ? ' wide' : ''}`}>
			<span class="feature-icon"><Icon name={icon} size={22} /></span>
			<h3>{title}</h3>
			<p>{children}</p>
		</li>
	);
}

function Begin() {
	return user.value
		? <LinkButton kind="primary" href="/dashboard">To the dashboard</LinkButton>
		: <LinkButton kind="primary" href="/signup">Get started</LinkButton>;
}

export default function Landing() {
	return (
		<div class="landing">
			<section class="hero">
				<div>
					<h1 tabIndex={-1}>From git push to a live site, on a server of your own</h1>
					<p class="lead">Connect a repository, press Deploy, and watch the build. Autostack builds in a sandbox and nginx serves
						the result. Your code, its logs and its secrets stay with you.</p>
					<div class="actions">
						<Begin />
						{user.value ? <LinkButton href="/deploy">New deployment</LinkButton> : <LinkButton href="/login">Sign in</LinkButton>}
					</div>
				</div>
				<figure class="terminal">
					<figcaption>Log of a deployment</figcaption>
					<ol>
						{LOG.map(([at, text, mood]) => <li key={text} class={mood}><span>{at}</span> {text}</li>)}
					</ol>
				</figure>
			</section>

			<section aria-labelledby="features">
				<h2 id="features">What you get</h2>
				<ul class="bento">
					<Feature icon="github" title="GitHub integration" wide>
						Connect your account, pick a repository, and every push is built. Pull requests get a preview of their own, and GitHub
						shows how each ended. Any other git address works, too.
					</Feature>
					<Feature icon="bolt" title="Lightning fast">
						A finished build goes live by one rename on the disk: nothing is restarted, nobody sees half a site, and going back is as quick.
					</Feature>
					<Feature icon="shield" title="Secure by default">
						Every build has a sandbox and limits of its own. Secrets never come back, and are masked in logs. Every site has HTTPS.
					</Feature>
					<Feature icon="globe" title="Served by your own nginx" wide>
						Sites are plain files on your server, compressed, over HTTP/2, with cache headers that a CDN in front understands. They stay
						up while Autostack itself is stopped.
					</Feature>
				</ul>
			</section>

			<section aria-labelledby="how">
				<h2 id="how">How it works</h2>
				<ol class="timeline">
					<li><h3>Connect a repository</h3><p>From GitHub, or by the address of any git server. Build command and output folder are
						recognised; change them where you know better.</p></li>
					<li><h3>Watch it build</h3><p>The log comes line by line while it is written. When something fails, it says what and why.</p></li>
					<li><h3>It is live</h3><p>At its own address, or at your domain. Every push makes a new version, and every earlier one is a click
						away.</p></li>
				</ol>
			</section>

			<section class="cta">
				<h2>Ready for the first deployment?</h2>
				<p>A repository with a static site is all it takes.</p>
				<Begin />
			</section>
		</div>
	);
}
