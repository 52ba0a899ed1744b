import { render } from "preact";
import "./style.css";
import { App } from "./views/app";

// The token has become a cookie; it need not stay in the address, where it would be copied along.
const address = new URL(location.href);
if (address.searchParams.has("token")) {
  address.searchParams.delete("token");
  history.replaceState(null, "", address);
}

render(<App />, document.getElementById("app")!);
