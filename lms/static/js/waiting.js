/* On the first page of a learner: what waited in this browser for them is sent now. */
import { person, sendAll } from "./queue.js";

if (person) sendAll(null).then(({ arrived }) => { if (arrived) location.reload(); });
