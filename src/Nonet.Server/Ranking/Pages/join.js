import { request } from "./requests.js";

// The token stands after #, so that no server, proxy or preview of a link sees it.
const token = location.hash.slice(1);
const asOwner = location.pathname.startsWith("/owner");
const problem = document.getElementById("problem");
const join = document.getElementById("join");
join.disabled = !token;
if (!token)
    problem.textContent = "This link is not complete: it ends with # and a long text.";

join.addEventListener("click", async () => {
    problem.textContent = "";
    try {
        await request("POST", asOwner ? "/api/owner/join" : "/api/join", { token });
        location.replace(asOwner ? "/owner" : "/");
    } catch (error) {
        problem.textContent = error.message;
    }
});
