/* The player: see answering.js, queue.js, pace.js and time-left.js. Without scripts every form still works with its button. */
import "./answering.js";
import "./pace.js";
import "./time-left.js";
