export default function Page() {
	return <div class="page"><h1 tabIndex={-1}>forgot-password</h1></div>;
}
