export default function Page() {
	return <div class="page"><h1 tabIndex={-1}>landing</h1></div>;
}
