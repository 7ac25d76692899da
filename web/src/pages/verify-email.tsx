export default function Page() {
	return <div class="page"><h1 tabIndex={-1}>verify-email</h1></div>;
}
