/* The player: see answering.js, queue.js and pace.js. Without scripts every form still works with its button. */
import "./answering.js";
import "./pace.js";
