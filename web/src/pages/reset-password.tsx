export default function Page() {
	return <div class="page"><h1 tabIndex={-1}>reset-password</h1></div>;
}
