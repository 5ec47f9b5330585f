import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  proveImage
} from "./chunk-A2A7TAQV.js";
import "./chunk-RZNKN4MS.js";
import "./chunk-XHA3XECK.js";
import {
  array,
  base64,
  int,
  looseObject,
  object,
  string
} from "./chunk-4JOCUQ4S.js";
import {
  count,
  duration,
  size
} from "./chunk-ANS66LPE.js";
import {
  AutopilotError
} from "./chunk-CB6PVV43.js";
import {
  __commonJS,
  __name,
  __require,
  __toESM
} from "./chunk-7EV6XQIJ.js";

// node_modules/events-universal/default.js
var require_default = __commonJS({
  "node_modules/events-universal/default.js"(exports, module) {
    module.exports = __require("events");
  }
});

// node_modules/fast-fifo/fixed-size.js
var require_fixed_size = __commonJS({
  "node_modules/fast-fifo/fixed-size.js"(exports, module) {
    module.exports = class FixedFIFO {
      static {
        __name(this, "FixedFIFO");
      }
      constructor(hwm) {
        if (!(hwm > 0) || (hwm - 1 & hwm) !== 0) throw new Error("Max size for a FixedFIFO should be a power of two");
        this.buffer = new Array(hwm);
        this.mask = hwm - 1;
        this.top = 0;
        this.btm = 0;
        this.next = null;
      }
      clear() {
        this.top = this.btm = 0;
        this.next = null;
        this.buffer.fill(void 0);
      }
      push(data) {
        if (this.buffer[this.top] !== void 0) return false;
        this.buffer[this.top] = data;
        this.top = this.top + 1 & this.mask;
        return true;
      }
      shift() {
        const last = this.buffer[this.btm];
        if (last === void 0) return void 0;
        this.buffer[this.btm] = void 0;
        this.btm = this.btm + 1 & this.mask;
        return last;
      }
      peek() {
        return this.buffer[this.btm];
      }
      isEmpty() {
        return this.buffer[this.btm] === void 0;
      }
    };
  }
});

// node_modules/fast-fifo/index.js
var require_fast_fifo = __commonJS({
  "node_modules/fast-fifo/index.js"(exports, module) {
    var FixedFIFO = require_fixed_size();
    module.exports = class FastFIFO {
      static {
        __name(this, "FastFIFO");
      }
      constructor(hwm) {
        this.hwm = hwm || 16;
        this.head = new FixedFIFO(this.hwm);
        this.tail = this.head;
        this.length = 0;
      }
      clear() {
        this.head = this.tail;
        this.head.clear();
        this.length = 0;
      }
      push(val) {
        this.length++;
        if (!this.head.push(val)) {
          const prev = this.head;
          this.head = prev.next = new FixedFIFO(2 * this.head.buffer.length);
          this.head.push(val);
        }
      }
      shift() {
        if (this.length !== 0) this.length--;
        const val = this.tail.shift();
        if (val === void 0 && this.tail.next) {
          const next = this.tail.next;
          this.tail.next = null;
          this.tail = next;
          return this.tail.shift();
        }
        return val;
      }
      peek() {
        const val = this.tail.peek();
        if (val === void 0 && this.tail.next) return this.tail.next.peek();
        return val;
      }
      isEmpty() {
        return this.length === 0;
      }
    };
  }
});

// node_modules/b4a/index.js
var require_b4a = __commonJS({
  "node_modules/b4a/index.js"(exports, module) {
    function isBuffer(value) {
      return Buffer.isBuffer(value) || value instanceof Uint8Array;
    }
    __name(isBuffer, "isBuffer");
    function isEncoding(encoding) {
      return Buffer.isEncoding(encoding);
    }
    __name(isEncoding, "isEncoding");
    function alloc(size2, fill2, encoding) {
      return Buffer.alloc(size2, fill2, encoding);
    }
    __name(alloc, "alloc");
    function allocUnsafe(size2) {
      return Buffer.allocUnsafe(size2);
    }
    __name(allocUnsafe, "allocUnsafe");
    function allocUnsafeSlow(size2) {
      return Buffer.allocUnsafeSlow(size2);
    }
    __name(allocUnsafeSlow, "allocUnsafeSlow");
    function byteLength(string2, encoding) {
      return Buffer.byteLength(string2, encoding);
    }
    __name(byteLength, "byteLength");
    function compare(a, b) {
      return Buffer.compare(a, b);
    }
    __name(compare, "compare");
    function concat(buffers, totalLength2) {
      return Buffer.concat(buffers, totalLength2);
    }
    __name(concat, "concat");
    function copy(source, target, targetStart, start, end) {
      return toBuffer(source).copy(target, targetStart, start, end);
    }
    __name(copy, "copy");
    function equals(a, b) {
      return toBuffer(a).equals(b);
    }
    __name(equals, "equals");
    function fill(buffer, value, offset, end, encoding) {
      return toBuffer(buffer).fill(value, offset, end, encoding);
    }
    __name(fill, "fill");
    function from(value, encodingOrOffset, length) {
      return Buffer.from(value, encodingOrOffset, length);
    }
    __name(from, "from");
    function includes(buffer, value, byteOffset, encoding) {
      return toBuffer(buffer).includes(value, byteOffset, encoding);
    }
    __name(includes, "includes");
    function indexOf(buffer, value, byfeOffset, encoding) {
      return toBuffer(buffer).indexOf(value, byfeOffset, encoding);
    }
    __name(indexOf, "indexOf");
    function lastIndexOf(buffer, value, byteOffset, encoding) {
      return toBuffer(buffer).lastIndexOf(value, byteOffset, encoding);
    }
    __name(lastIndexOf, "lastIndexOf");
    function swap16(buffer) {
      return toBuffer(buffer).swap16();
    }
    __name(swap16, "swap16");
    function swap32(buffer) {
      return toBuffer(buffer).swap32();
    }
    __name(swap32, "swap32");
    function swap64(buffer) {
      return toBuffer(buffer).swap64();
    }
    __name(swap64, "swap64");
    function toBuffer(buffer) {
      if (Buffer.isBuffer(buffer)) return buffer;
      return Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    }
    __name(toBuffer, "toBuffer");
    function toString(buffer, encoding, start, end) {
      return toBuffer(buffer).toString(encoding, start, end);
    }
    __name(toString, "toString");
    function toHex(buffer, start, end) {
      return toBuffer(buffer).toString("hex", start, end);
    }
    __name(toHex, "toHex");
    function write(buffer, string2, offset, length, encoding) {
      return toBuffer(buffer).write(string2, offset, length, encoding);
    }
    __name(write, "write");
    function readDoubleBE(buffer, offset) {
      return toBuffer(buffer).readDoubleBE(offset);
    }
    __name(readDoubleBE, "readDoubleBE");
    function readDoubleLE(buffer, offset) {
      return toBuffer(buffer).readDoubleLE(offset);
    }
    __name(readDoubleLE, "readDoubleLE");
    function readFloatBE(buffer, offset) {
      return toBuffer(buffer).readFloatBE(offset);
    }
    __name(readFloatBE, "readFloatBE");
    function readFloatLE(buffer, offset) {
      return toBuffer(buffer).readFloatLE(offset);
    }
    __name(readFloatLE, "readFloatLE");
    function readInt32BE(buffer, offset) {
      return toBuffer(buffer).readInt32BE(offset);
    }
    __name(readInt32BE, "readInt32BE");
    function readInt32LE(buffer, offset) {
      return toBuffer(buffer).readInt32LE(offset);
    }
    __name(readInt32LE, "readInt32LE");
    function readUInt32BE(buffer, offset) {
      return toBuffer(buffer).readUInt32BE(offset);
    }
    __name(readUInt32BE, "readUInt32BE");
    function readUInt32LE(buffer, offset) {
      return toBuffer(buffer).readUInt32LE(offset);
    }
    __name(readUInt32LE, "readUInt32LE");
    function writeDoubleBE(buffer, value, offset) {
      return toBuffer(buffer).writeDoubleBE(value, offset);
    }
    __name(writeDoubleBE, "writeDoubleBE");
    function writeDoubleLE(buffer, value, offset) {
      return toBuffer(buffer).writeDoubleLE(value, offset);
    }
    __name(writeDoubleLE, "writeDoubleLE");
    function writeFloatBE(buffer, value, offset) {
      return toBuffer(buffer).writeFloatBE(value, offset);
    }
    __name(writeFloatBE, "writeFloatBE");
    function writeFloatLE(buffer, value, offset) {
      return toBuffer(buffer).writeFloatLE(value, offset);
    }
    __name(writeFloatLE, "writeFloatLE");
    function writeInt32BE(buffer, value, offset) {
      return toBuffer(buffer).writeInt32BE(value, offset);
    }
    __name(writeInt32BE, "writeInt32BE");
    function writeInt32LE(buffer, value, offset) {
      return toBuffer(buffer).writeInt32LE(value, offset);
    }
    __name(writeInt32LE, "writeInt32LE");
    function writeUInt32BE(buffer, value, offset) {
      return toBuffer(buffer).writeUInt32BE(value, offset);
    }
    __name(writeUInt32BE, "writeUInt32BE");
    function writeUInt32LE(buffer, value, offset) {
      return toBuffer(buffer).writeUInt32LE(value, offset);
    }
    __name(writeUInt32LE, "writeUInt32LE");
    module.exports = {
      isBuffer,
      isEncoding,
      alloc,
      allocUnsafe,
      allocUnsafeSlow,
      byteLength,
      compare,
      concat,
      copy,
      equals,
      fill,
      from,
      includes,
      indexOf,
      lastIndexOf,
      swap16,
      swap32,
      swap64,
      toBuffer,
      toString,
      toHex,
      write,
      readDoubleBE,
      readDoubleLE,
      readFloatBE,
      readFloatLE,
      readInt32BE,
      readInt32LE,
      readUInt32BE,
      readUInt32LE,
      writeDoubleBE,
      writeDoubleLE,
      writeFloatBE,
      writeFloatLE,
      writeInt32BE,
      writeInt32LE,
      writeUInt32BE,
      writeUInt32LE
    };
  }
});

// node_modules/text-decoder/lib/pass-through-decoder.js
var require_pass_through_decoder = __commonJS({
  "node_modules/text-decoder/lib/pass-through-decoder.js"(exports, module) {
    var b4a = require_b4a();
    module.exports = class PassThroughDecoder {
      static {
        __name(this, "PassThroughDecoder");
      }
      constructor(encoding) {
        this.encoding = encoding;
      }
      get remaining() {
        return 0;
      }
      decode(data) {
        return b4a.toString(data, this.encoding);
      }
      flush() {
        return "";
      }
    };
  }
});

// node_modules/text-decoder/lib/utf8-decoder.js
var require_utf8_decoder = __commonJS({
  "node_modules/text-decoder/lib/utf8-decoder.js"(exports, module) {
    var b4a = require_b4a();
    module.exports = class UTF8Decoder {
      static {
        __name(this, "UTF8Decoder");
      }
      constructor() {
        this._reset();
      }
      get remaining() {
        return this.bytesSeen;
      }
      decode(data) {
        if (data.byteLength === 0) return "";
        if (this.bytesNeeded === 0 && trailingIncomplete(data, 0) === 0) {
          this.bytesSeen = trailingBytesSeen(data);
          return b4a.toString(data, "utf8");
        }
        let result = "";
        let start = 0;
        if (this.bytesNeeded > 0) {
          while (start < data.byteLength) {
            const byte = data[start];
            if (byte < this.lowerBoundary || byte > this.upperBoundary) {
              result += "\uFFFD";
              this._reset();
              break;
            }
            this.lowerBoundary = 128;
            this.upperBoundary = 191;
            this.codePoint = this.codePoint << 6 | byte & 63;
            this.bytesSeen++;
            start++;
            if (this.bytesSeen === this.bytesNeeded) {
              result += String.fromCodePoint(this.codePoint);
              this._reset();
              break;
            }
          }
          if (this.bytesNeeded > 0) return result;
        }
        const trailing = trailingIncomplete(data, start);
        const end = data.byteLength - trailing;
        if (end > start) result += b4a.toString(data, "utf8", start, end);
        for (let i = end; i < data.byteLength; i++) {
          const byte = data[i];
          if (this.bytesNeeded === 0) {
            if (byte <= 127) {
              this.bytesSeen = 0;
              result += String.fromCharCode(byte);
            } else if (byte >= 194 && byte <= 223) {
              this.bytesNeeded = 2;
              this.bytesSeen = 1;
              this.codePoint = byte & 31;
            } else if (byte >= 224 && byte <= 239) {
              if (byte === 224) this.lowerBoundary = 160;
              else if (byte === 237) this.upperBoundary = 159;
              this.bytesNeeded = 3;
              this.bytesSeen = 1;
              this.codePoint = byte & 15;
            } else if (byte >= 240 && byte <= 244) {
              if (byte === 240) this.lowerBoundary = 144;
              else if (byte === 244) this.upperBoundary = 143;
              this.bytesNeeded = 4;
              this.bytesSeen = 1;
              this.codePoint = byte & 7;
            } else {
              this.bytesSeen = 1;
              result += "\uFFFD";
            }
            continue;
          }
          if (byte < this.lowerBoundary || byte > this.upperBoundary) {
            result += "\uFFFD";
            i--;
            this._reset();
            continue;
          }
          this.lowerBoundary = 128;
          this.upperBoundary = 191;
          this.codePoint = this.codePoint << 6 | byte & 63;
          this.bytesSeen++;
          if (this.bytesSeen === this.bytesNeeded) {
            result += String.fromCodePoint(this.codePoint);
            this._reset();
          }
        }
        return result;
      }
      flush() {
        const result = this.bytesNeeded > 0 ? "\uFFFD" : "";
        this._reset();
        return result;
      }
      _reset() {
        this.codePoint = 0;
        this.bytesNeeded = 0;
        this.bytesSeen = 0;
        this.lowerBoundary = 128;
        this.upperBoundary = 191;
      }
    };
    function trailingIncomplete(data, start) {
      const len = data.byteLength;
      if (len <= start) return 0;
      const limit = Math.max(start, len - 4);
      let i = len - 1;
      while (i > limit && (data[i] & 192) === 128) i--;
      if (i < start) return 0;
      const byte = data[i];
      let needed;
      if (byte <= 127) return 0;
      if (byte >= 194 && byte <= 223) needed = 2;
      else if (byte >= 224 && byte <= 239) needed = 3;
      else if (byte >= 240 && byte <= 244) needed = 4;
      else return 0;
      const available = len - i;
      return available < needed ? available : 0;
    }
    __name(trailingIncomplete, "trailingIncomplete");
    function trailingBytesSeen(data) {
      const len = data.byteLength;
      if (len === 0) return 0;
      const last = data[len - 1];
      if (last <= 127) return 0;
      if ((last & 192) !== 128) return 1;
      const limit = Math.max(0, len - 4);
      let i = len - 2;
      while (i >= limit && (data[i] & 192) === 128) i--;
      if (i < 0) return 1;
      const first = data[i];
      let needed;
      if (first >= 194 && first <= 223) needed = 2;
      else if (first >= 224 && first <= 239) needed = 3;
      else if (first >= 240 && first <= 244) needed = 4;
      else return 1;
      if (len - i !== needed) return 1;
      if (needed >= 3) {
        const second = data[i + 1];
        if (first === 224 && second < 160) return 1;
        if (first === 237 && second > 159) return 1;
        if (first === 240 && second < 144) return 1;
        if (first === 244 && second > 143) return 1;
      }
      return 0;
    }
    __name(trailingBytesSeen, "trailingBytesSeen");
  }
});

// node_modules/text-decoder/index.js
var require_text_decoder = __commonJS({
  "node_modules/text-decoder/index.js"(exports, module) {
    var PassThroughDecoder = require_pass_through_decoder();
    var UTF8Decoder = require_utf8_decoder();
    module.exports = class TextDecoder {
      static {
        __name(this, "TextDecoder");
      }
      constructor(encoding = "utf8") {
        this.encoding = normalizeEncoding(encoding);
        switch (this.encoding) {
          case "utf8":
            this.decoder = new UTF8Decoder();
            break;
          case "utf16le":
          case "base64":
            throw new Error("Unsupported encoding: " + this.encoding);
          default:
            this.decoder = new PassThroughDecoder(this.encoding);
        }
      }
      get remaining() {
        return this.decoder.remaining;
      }
      push(data) {
        if (typeof data === "string") return data;
        return this.decoder.decode(data);
      }
      // For Node.js compatibility
      write(data) {
        return this.push(data);
      }
      end(data) {
        let result = "";
        if (data) result = this.push(data);
        result += this.decoder.flush();
        return result;
      }
    };
    function normalizeEncoding(encoding) {
      encoding = encoding.toLowerCase();
      switch (encoding) {
        case "utf8":
        case "utf-8":
          return "utf8";
        case "ucs2":
        case "ucs-2":
        case "utf16le":
        case "utf-16le":
          return "utf16le";
        case "latin1":
        case "binary":
          return "latin1";
        case "base64":
        case "ascii":
        case "hex":
          return encoding;
        default:
          throw new Error("Unknown encoding: " + encoding);
      }
    }
    __name(normalizeEncoding, "normalizeEncoding");
  }
});

// node_modules/streamx/lib/errors.js
var require_errors = __commonJS({
  "node_modules/streamx/lib/errors.js"(exports, module) {
    module.exports = class StreamError extends Error {
      static {
        __name(this, "StreamError");
      }
      constructor(msg, code, fn = StreamError) {
        super(msg);
        this.code = code;
        if (Error.captureStackTrace) {
          Error.captureStackTrace(this, fn);
        }
      }
      static isStreamDestroyed(err) {
        return err && err.code === "STREAM_DESTROYED";
      }
      static isPrematureClose(err) {
        return err && err.code === "PREMATURE_CLOSE";
      }
      static isAborted(err) {
        return err && err.code === "ABORTED";
      }
      static isBadArgument(err) {
        return err && err.code === "BAD_ARGUMENT";
      }
      get name() {
        return "StreamError";
      }
      static STREAM_DESTROYED() {
        return new StreamError("Stream was destroyed", "STREAM_DESTROYED", StreamError.STREAM_DESTROYED);
      }
      static PREMATURE_CLOSE(msg = "Premature close") {
        return new StreamError(msg, "PREMATURE_CLOSE", StreamError.PREMATURE_CLOSE);
      }
      static ABORTED() {
        return new StreamError("Stream aborted", "ABORTED", StreamError.ABORTED);
      }
      static BAD_ARGUMENT(msg = "Bad argument") {
        return new StreamError(msg, "BAD_ARGUMENT", StreamError.BAD_ARGUMENT);
      }
    };
  }
});

// node_modules/streamx/index.js
var require_streamx = __commonJS({
  "node_modules/streamx/index.js"(exports, module) {
    var { EventEmitter } = require_default();
    var FIFO = require_fast_fifo();
    var TextDecoder = require_text_decoder();
    var StreamError = require_errors();
    var qmt = typeof queueMicrotask === "undefined" ? (fn) => global.process.nextTick(fn) : queueMicrotask;
    var MAX = (1 << 29) - 1;
    var OPENING = 1;
    var PREDESTROYING = 2;
    var DESTROYING = 4;
    var DESTROYED = 8;
    var NOT_OPENING = MAX ^ OPENING;
    var NOT_PREDESTROYING = MAX ^ PREDESTROYING;
    var READ_ACTIVE = 1 << 4;
    var READ_UPDATING = 2 << 4;
    var READ_PRIMARY = 4 << 4;
    var READ_QUEUED = 8 << 4;
    var READ_RESUMED = 16 << 4;
    var READ_PIPE_DRAINED = 32 << 4;
    var READ_ENDING = 64 << 4;
    var READ_EMIT_DATA = 128 << 4;
    var READ_EMIT_READABLE = 256 << 4;
    var READ_EMITTED_READABLE = 512 << 4;
    var READ_DONE = 1024 << 4;
    var READ_NEXT_TICK = 2048 << 4;
    var READ_NEEDS_PUSH = 4096 << 4;
    var READ_READ_AHEAD = 8192 << 4;
    var READ_FLOWING = READ_RESUMED | READ_PIPE_DRAINED;
    var READ_ACTIVE_AND_NEEDS_PUSH = READ_ACTIVE | READ_NEEDS_PUSH;
    var READ_PRIMARY_AND_ACTIVE = READ_PRIMARY | READ_ACTIVE;
    var READ_EMIT_READABLE_AND_QUEUED = READ_EMIT_READABLE | READ_QUEUED;
    var READ_RESUMED_READ_AHEAD = READ_RESUMED | READ_READ_AHEAD;
    var READ_NOT_ACTIVE = MAX ^ READ_ACTIVE;
    var READ_NON_PRIMARY = MAX ^ READ_PRIMARY;
    var READ_NON_PRIMARY_AND_PUSHED = MAX ^ (READ_PRIMARY | READ_NEEDS_PUSH);
    var READ_PUSHED = MAX ^ READ_NEEDS_PUSH;
    var READ_PAUSED = MAX ^ READ_RESUMED;
    var READ_NOT_QUEUED = MAX ^ (READ_QUEUED | READ_EMITTED_READABLE);
    var READ_NOT_ENDING = MAX ^ READ_ENDING;
    var READ_PIPE_NOT_DRAINED = MAX ^ READ_FLOWING;
    var READ_NOT_NEXT_TICK = MAX ^ READ_NEXT_TICK;
    var READ_NOT_UPDATING = MAX ^ READ_UPDATING;
    var READ_NO_READ_AHEAD = MAX ^ READ_READ_AHEAD;
    var READ_PAUSED_NO_READ_AHEAD = MAX ^ READ_RESUMED_READ_AHEAD;
    var WRITE_ACTIVE = 1 << 18;
    var WRITE_UPDATING = 2 << 18;
    var WRITE_PRIMARY = 4 << 18;
    var WRITE_QUEUED = 8 << 18;
    var WRITE_UNDRAINED = 16 << 18;
    var WRITE_DONE = 32 << 18;
    var WRITE_EMIT_DRAIN = 64 << 18;
    var WRITE_NEXT_TICK = 128 << 18;
    var WRITE_WRITING = 256 << 18;
    var WRITE_FINISHING = 512 << 18;
    var WRITE_CORKED = 1024 << 18;
    var WRITE_NOT_ACTIVE = MAX ^ (WRITE_ACTIVE | WRITE_WRITING);
    var WRITE_NON_PRIMARY = MAX ^ WRITE_PRIMARY;
    var WRITE_NOT_FINISHING = MAX ^ (WRITE_ACTIVE | WRITE_FINISHING);
    var WRITE_DRAINED = MAX ^ WRITE_UNDRAINED;
    var WRITE_NOT_QUEUED = MAX ^ WRITE_QUEUED;
    var WRITE_NOT_NEXT_TICK = MAX ^ WRITE_NEXT_TICK;
    var WRITE_NOT_UPDATING = MAX ^ WRITE_UPDATING;
    var WRITE_NOT_CORKED = MAX ^ WRITE_CORKED;
    var ACTIVE = READ_ACTIVE | WRITE_ACTIVE;
    var NOT_ACTIVE = MAX ^ ACTIVE;
    var DONE = READ_DONE | WRITE_DONE;
    var DESTROY_STATUS = DESTROYING | DESTROYED | PREDESTROYING;
    var OPEN_STATUS = DESTROY_STATUS | OPENING;
    var AUTO_DESTROY = DESTROY_STATUS | DONE;
    var NON_PRIMARY = WRITE_NON_PRIMARY & READ_NON_PRIMARY;
    var ACTIVE_OR_TICKING = WRITE_NEXT_TICK | READ_NEXT_TICK;
    var TICKING = ACTIVE_OR_TICKING & NOT_ACTIVE;
    var IS_OPENING = OPEN_STATUS | TICKING;
    var READ_PRIMARY_STATUS = OPEN_STATUS | READ_ENDING | READ_DONE;
    var READ_STATUS = OPEN_STATUS | READ_DONE | READ_QUEUED;
    var READ_ENDING_STATUS = OPEN_STATUS | READ_ENDING | READ_QUEUED;
    var READ_READABLE_STATUS = OPEN_STATUS | READ_EMIT_READABLE | READ_QUEUED | READ_EMITTED_READABLE;
    var SHOULD_NOT_READ = OPEN_STATUS | READ_ACTIVE | READ_ENDING | READ_DONE | READ_NEEDS_PUSH | READ_READ_AHEAD;
    var READ_BACKPRESSURE_STATUS = DESTROY_STATUS | READ_ENDING | READ_DONE;
    var READ_UPDATE_SYNC_STATUS = READ_UPDATING | OPEN_STATUS | READ_NEXT_TICK | READ_PRIMARY;
    var READ_NEXT_TICK_OR_OPENING = READ_NEXT_TICK | OPENING;
    var WRITE_PRIMARY_STATUS = OPEN_STATUS | WRITE_FINISHING | WRITE_DONE;
    var WRITE_QUEUED_AND_UNDRAINED = WRITE_QUEUED | WRITE_UNDRAINED;
    var WRITE_QUEUED_AND_ACTIVE = WRITE_QUEUED | WRITE_ACTIVE;
    var WRITE_DRAIN_STATUS = WRITE_QUEUED | WRITE_UNDRAINED | OPEN_STATUS | WRITE_ACTIVE;
    var WRITE_STATUS = OPEN_STATUS | WRITE_ACTIVE | WRITE_QUEUED | WRITE_CORKED;
    var WRITE_PRIMARY_AND_ACTIVE = WRITE_PRIMARY | WRITE_ACTIVE;
    var WRITE_ACTIVE_AND_WRITING = WRITE_ACTIVE | WRITE_WRITING;
    var WRITE_FINISHING_STATUS = OPEN_STATUS | WRITE_FINISHING | WRITE_QUEUED_AND_ACTIVE | WRITE_DONE;
    var WRITE_BACKPRESSURE_STATUS = WRITE_UNDRAINED | DESTROY_STATUS | WRITE_FINISHING | WRITE_DONE;
    var WRITE_UPDATE_SYNC_STATUS = WRITE_UPDATING | OPEN_STATUS | WRITE_NEXT_TICK | WRITE_PRIMARY;
    var WRITE_DROP_DATA = WRITE_FINISHING | WRITE_DONE | DESTROY_STATUS;
    var asyncIterator = Symbol.asyncIterator || /* @__PURE__ */ Symbol("asyncIterator");
    var WritableState = class {
      static {
        __name(this, "WritableState");
      }
      constructor(stream, { highWaterMark = 16384, map = null, mapWritable, byteLength, byteLengthWritable } = {}) {
        this.stream = stream;
        this.queue = new FIFO();
        this.highWaterMark = highWaterMark;
        this.buffered = 0;
        this.error = null;
        this.pipeline = null;
        this.drains = null;
        this.byteLength = byteLengthWritable || byteLength || defaultByteLength;
        this.map = mapWritable || map;
        this.afterWrite = afterWrite.bind(this);
        this.afterUpdateNextTick = updateWriteNT.bind(this);
      }
      get ending() {
        return (this.stream._duplexState & WRITE_FINISHING) !== 0;
      }
      get ended() {
        return (this.stream._duplexState & WRITE_DONE) !== 0;
      }
      push(data) {
        if ((this.stream._duplexState & WRITE_DROP_DATA) !== 0) return false;
        if (this.map !== null) data = this.map(data);
        this.buffered += this.byteLength(data);
        this.queue.push(data);
        if (this.buffered < this.highWaterMark) {
          this.stream._duplexState |= WRITE_QUEUED;
          return true;
        }
        this.stream._duplexState |= WRITE_QUEUED_AND_UNDRAINED;
        return false;
      }
      shift() {
        const data = this.queue.shift();
        this.buffered -= this.byteLength(data);
        if (this.buffered === 0) this.stream._duplexState &= WRITE_NOT_QUEUED;
        return data;
      }
      end(data) {
        if (typeof data === "function") {
          this.stream.once("finish", data);
        } else if (data !== void 0 && data !== null) {
          this.push(data);
        }
        this.stream._duplexState = (this.stream._duplexState | WRITE_FINISHING) & WRITE_NON_PRIMARY;
      }
      autoBatch(data, cb) {
        const buffer = [];
        const stream = this.stream;
        buffer.push(data);
        while ((stream._duplexState & WRITE_STATUS) === WRITE_QUEUED_AND_ACTIVE) {
          buffer.push(stream._writableState.shift());
        }
        if ((stream._duplexState & OPEN_STATUS) !== 0) return cb(null);
        stream._writev(buffer, cb);
      }
      update() {
        const stream = this.stream;
        stream._duplexState |= WRITE_UPDATING;
        do {
          while ((stream._duplexState & WRITE_STATUS) === WRITE_QUEUED) {
            const data = this.shift();
            stream._duplexState |= WRITE_ACTIVE_AND_WRITING;
            stream._write(data, this.afterWrite);
          }
          if ((stream._duplexState & WRITE_PRIMARY_AND_ACTIVE) === 0) this.updateNonPrimary();
        } while (this.continueUpdate() === true);
        stream._duplexState &= WRITE_NOT_UPDATING;
      }
      updateNonPrimary() {
        const stream = this.stream;
        if ((stream._duplexState & WRITE_FINISHING_STATUS) === WRITE_FINISHING) {
          stream._duplexState = stream._duplexState | WRITE_ACTIVE;
          stream._final(afterFinal.bind(this));
          return;
        }
        if ((stream._duplexState & DESTROY_STATUS) === DESTROYING) {
          if ((stream._duplexState & ACTIVE_OR_TICKING) === 0) {
            stream._duplexState |= ACTIVE;
            stream._destroy(afterDestroy.bind(this));
          }
          return;
        }
        if ((stream._duplexState & IS_OPENING) === OPENING) {
          stream._duplexState = (stream._duplexState | ACTIVE) & NOT_OPENING;
          stream._open(afterOpen.bind(this));
        }
      }
      continueUpdate() {
        if ((this.stream._duplexState & WRITE_NEXT_TICK) === 0) return false;
        this.stream._duplexState &= WRITE_NOT_NEXT_TICK;
        return true;
      }
      updateCallback() {
        if ((this.stream._duplexState & WRITE_UPDATE_SYNC_STATUS) === WRITE_PRIMARY) {
          this.update();
        } else {
          this.updateNextTick();
        }
      }
      updateNextTick() {
        if ((this.stream._duplexState & WRITE_NEXT_TICK) !== 0) return;
        this.stream._duplexState |= WRITE_NEXT_TICK;
        if ((this.stream._duplexState & WRITE_UPDATING) === 0) qmt(this.afterUpdateNextTick);
      }
    };
    var ReadableState = class {
      static {
        __name(this, "ReadableState");
      }
      constructor(stream, { highWaterMark = 16384, map = null, mapReadable, byteLength, byteLengthReadable } = {}) {
        this.stream = stream;
        this.queue = new FIFO();
        this.highWaterMark = highWaterMark === 0 ? 1 : highWaterMark;
        this.buffered = 0;
        this.readAhead = highWaterMark > 0;
        this.error = null;
        this.pipeline = null;
        this.byteLength = byteLengthReadable || byteLength || defaultByteLength;
        this.map = mapReadable || map;
        this.pipeTo = null;
        this.afterRead = afterRead.bind(this);
        this.afterUpdateNextTick = updateReadNT.bind(this);
      }
      get ending() {
        return (this.stream._duplexState & READ_ENDING) !== 0;
      }
      get ended() {
        return (this.stream._duplexState & READ_DONE) !== 0;
      }
      pipe(pipeTo, cb) {
        if (this.pipeTo !== null) throw StreamError.BAD_ARGUMENT("Can only pipe to one destination");
        if (typeof cb !== "function") cb = null;
        this.stream._duplexState |= READ_PIPE_DRAINED;
        this.pipeTo = pipeTo;
        this.pipeline = new Pipeline(this.stream, pipeTo, cb);
        if (cb) this.stream.on("error", noop);
        if (isStreamx(pipeTo)) {
          pipeTo._writableState.pipeline = this.pipeline;
          if (cb) pipeTo.on("error", noop);
          pipeTo.on("finish", this.pipeline.finished.bind(this.pipeline));
        } else {
          const onerror = this.pipeline.done.bind(this.pipeline, pipeTo);
          const onclose = this.pipeline.done.bind(this.pipeline, pipeTo, null);
          pipeTo.on("error", onerror);
          pipeTo.on("close", onclose);
          pipeTo.on("finish", this.pipeline.finished.bind(this.pipeline));
        }
        pipeTo.on("drain", afterDrain.bind(this));
        this.stream.emit("piping", pipeTo);
        pipeTo.emit("pipe", this.stream);
      }
      push(data) {
        const stream = this.stream;
        if (data === null) {
          this.highWaterMark = 0;
          stream._duplexState = (stream._duplexState | READ_ENDING) & READ_NON_PRIMARY_AND_PUSHED;
          return false;
        }
        if (this.map !== null) {
          data = this.map(data);
          if (data === null) {
            stream._duplexState &= READ_PUSHED;
            return this.buffered < this.highWaterMark;
          }
        }
        this.buffered += this.byteLength(data);
        this.queue.push(data);
        stream._duplexState = (stream._duplexState | READ_QUEUED) & READ_PUSHED;
        return this.buffered < this.highWaterMark;
      }
      shift() {
        const data = this.queue.shift();
        this.buffered -= this.byteLength(data);
        if (this.buffered === 0) {
          this.stream._duplexState &= READ_NOT_QUEUED;
        }
        return data;
      }
      unshift(data) {
        const pending = [this.map !== null ? this.map(data) : data];
        while (this.buffered > 0) pending.push(this.shift());
        for (let i = 0; i < pending.length - 1; i++) {
          const data2 = pending[i];
          this.buffered += this.byteLength(data2);
          this.queue.push(data2);
        }
        this.push(pending[pending.length - 1]);
      }
      read() {
        const stream = this.stream;
        if ((stream._duplexState & READ_STATUS) === READ_QUEUED) {
          const data = this.shift();
          if (this.pipeTo !== null && this.pipeTo.write(data) === false) {
            stream._duplexState &= READ_PIPE_NOT_DRAINED;
          }
          if ((stream._duplexState & READ_EMIT_DATA) !== 0) {
            stream.emit("data", data);
          }
          return data;
        }
        if (this.readAhead === false) {
          stream._duplexState |= READ_READ_AHEAD;
          this.updateNextTick();
        }
        return null;
      }
      drain() {
        const stream = this.stream;
        while ((stream._duplexState & READ_STATUS) === READ_QUEUED && (stream._duplexState & READ_FLOWING) !== 0) {
          const data = this.shift();
          if (this.pipeTo !== null && this.pipeTo.write(data) === false) {
            stream._duplexState &= READ_PIPE_NOT_DRAINED;
          }
          if ((stream._duplexState & READ_EMIT_DATA) !== 0) {
            stream.emit("data", data);
          }
        }
      }
      update() {
        const stream = this.stream;
        stream._duplexState |= READ_UPDATING;
        do {
          this.drain();
          while (this.buffered < this.highWaterMark && (stream._duplexState & SHOULD_NOT_READ) === READ_READ_AHEAD) {
            stream._duplexState |= READ_ACTIVE_AND_NEEDS_PUSH;
            stream._read(this.afterRead);
            this.drain();
          }
          if ((stream._duplexState & READ_READABLE_STATUS) === READ_EMIT_READABLE_AND_QUEUED) {
            stream._duplexState |= READ_EMITTED_READABLE;
            stream.emit("readable");
          }
          if ((stream._duplexState & READ_PRIMARY_AND_ACTIVE) === 0) {
            this.updateNonPrimary();
          }
        } while (this.continueUpdate() === true);
        stream._duplexState &= READ_NOT_UPDATING;
      }
      updateNonPrimary() {
        const stream = this.stream;
        if ((stream._duplexState & READ_ENDING_STATUS) === READ_ENDING) {
          stream._duplexState = (stream._duplexState | READ_DONE) & READ_NOT_ENDING;
          stream.emit("end");
          if ((stream._duplexState & AUTO_DESTROY) === DONE) {
            stream._duplexState |= DESTROYING;
          }
          if (this.pipeTo !== null) {
            this.pipeTo.end();
          }
        }
        if ((stream._duplexState & DESTROY_STATUS) === DESTROYING) {
          if ((stream._duplexState & ACTIVE_OR_TICKING) === 0) {
            stream._duplexState |= ACTIVE;
            stream._destroy(afterDestroy.bind(this));
          }
          return;
        }
        if ((stream._duplexState & IS_OPENING) === OPENING) {
          stream._duplexState = (stream._duplexState | ACTIVE) & NOT_OPENING;
          stream._open(afterOpen.bind(this));
        }
      }
      continueUpdate() {
        if ((this.stream._duplexState & READ_NEXT_TICK) === 0) return false;
        this.stream._duplexState &= READ_NOT_NEXT_TICK;
        return true;
      }
      updateCallback() {
        if ((this.stream._duplexState & READ_UPDATE_SYNC_STATUS) === READ_PRIMARY) {
          this.update();
        } else {
          this.updateNextTick();
        }
      }
      updateNextTickIfOpen() {
        if ((this.stream._duplexState & READ_NEXT_TICK_OR_OPENING) !== 0) return;
        this.stream._duplexState |= READ_NEXT_TICK;
        if ((this.stream._duplexState & READ_UPDATING) === 0) qmt(this.afterUpdateNextTick);
      }
      updateNextTick() {
        if ((this.stream._duplexState & READ_NEXT_TICK) !== 0) return;
        this.stream._duplexState |= READ_NEXT_TICK;
        if ((this.stream._duplexState & READ_UPDATING) === 0) qmt(this.afterUpdateNextTick);
      }
    };
    var TransformState = class {
      static {
        __name(this, "TransformState");
      }
      constructor(stream) {
        this.data = null;
        this.afterTransform = afterTransform.bind(stream);
        this.afterFinal = null;
      }
    };
    var Pipeline = class {
      static {
        __name(this, "Pipeline");
      }
      constructor(src, dst, cb) {
        this.from = src;
        this.to = dst;
        this.afterPipe = cb;
        this.error = null;
        this.pipeToFinished = false;
      }
      finished() {
        this.pipeToFinished = true;
      }
      done(stream, err) {
        if (err) this.error = err;
        if (stream === this.to) {
          this.to = null;
          if (this.from !== null) {
            if ((this.from._duplexState & READ_DONE) === 0 || !this.pipeToFinished) {
              this.from.destroy(this.error || StreamError.PREMATURE_CLOSE("Writable stream closed"));
            }
            return;
          }
        }
        if (stream === this.from) {
          this.from = null;
          if (this.to !== null) {
            if ((stream._duplexState & READ_DONE) === 0) {
              this.to.destroy(this.error || StreamError.PREMATURE_CLOSE("Readable stream closed"));
            }
            return;
          }
        }
        if (this.afterPipe !== null) this.afterPipe(this.error);
        this.to = this.from = this.afterPipe = null;
      }
    };
    function afterDrain() {
      this.stream._duplexState |= READ_PIPE_DRAINED;
      this.updateCallback();
    }
    __name(afterDrain, "afterDrain");
    function afterFinal(err) {
      const stream = this.stream;
      if (err) stream.destroy(err);
      if ((stream._duplexState & DESTROY_STATUS) === 0) {
        stream._duplexState |= WRITE_DONE;
        stream.emit("finish");
      }
      if ((stream._duplexState & AUTO_DESTROY) === DONE) {
        stream._duplexState |= DESTROYING;
      }
      stream._duplexState &= WRITE_NOT_FINISHING;
      if ((stream._duplexState & WRITE_UPDATING) === 0) {
        this.update();
      } else {
        this.updateNextTick();
      }
    }
    __name(afterFinal, "afterFinal");
    function afterDestroy(err) {
      const stream = this.stream;
      if (!err && !StreamError.isStreamDestroyed(this.error)) err = this.error;
      if (err) stream.emit("error", err);
      stream._duplexState |= DESTROYED;
      stream.emit("close");
      const rs = stream._readableState;
      const ws = stream._writableState;
      if (rs !== null && rs.pipeline !== null) {
        rs.pipeline.done(stream, err);
      }
      if (ws !== null) {
        while (ws.drains !== null && ws.drains.length > 0) {
          ws.drains.shift().resolve(false);
        }
        if (ws.pipeline !== null) {
          ws.pipeline.done(stream, err);
        }
      }
    }
    __name(afterDestroy, "afterDestroy");
    function afterWrite(err) {
      const stream = this.stream;
      if (err) stream.destroy(err);
      stream._duplexState &= WRITE_NOT_ACTIVE;
      if (this.drains !== null) tickDrains(this.drains);
      if ((stream._duplexState & WRITE_DRAIN_STATUS) === WRITE_UNDRAINED) {
        stream._duplexState &= WRITE_DRAINED;
        if ((stream._duplexState & WRITE_EMIT_DRAIN) === WRITE_EMIT_DRAIN) {
          stream.emit("drain");
        }
      }
      this.updateCallback();
    }
    __name(afterWrite, "afterWrite");
    function afterRead(err) {
      if (err) this.stream.destroy(err);
      this.stream._duplexState &= READ_NOT_ACTIVE;
      if (this.readAhead === false && (this.stream._duplexState & READ_RESUMED) === 0) {
        this.stream._duplexState &= READ_NO_READ_AHEAD;
      }
      this.updateCallback();
    }
    __name(afterRead, "afterRead");
    function updateReadNT() {
      if ((this.stream._duplexState & READ_UPDATING) === 0) {
        this.stream._duplexState &= READ_NOT_NEXT_TICK;
        this.update();
      }
    }
    __name(updateReadNT, "updateReadNT");
    function updateWriteNT() {
      if ((this.stream._duplexState & WRITE_UPDATING) === 0) {
        this.stream._duplexState &= WRITE_NOT_NEXT_TICK;
        this.update();
      }
    }
    __name(updateWriteNT, "updateWriteNT");
    function tickDrains(drains) {
      for (let i = 0; i < drains.length; i++) {
        if (--drains[i].writes === 0) {
          drains.shift().resolve(true);
          i--;
        }
      }
    }
    __name(tickDrains, "tickDrains");
    function afterOpen(err) {
      const stream = this.stream;
      if (err) stream.destroy(err);
      if ((stream._duplexState & DESTROYING) === 0) {
        if ((stream._duplexState & READ_PRIMARY_STATUS) === 0) {
          stream._duplexState |= READ_PRIMARY;
        }
        if ((stream._duplexState & WRITE_PRIMARY_STATUS) === 0) {
          stream._duplexState |= WRITE_PRIMARY;
        }
        stream.emit("open");
      }
      stream._duplexState &= NOT_ACTIVE;
      if (stream._writableState !== null) {
        stream._writableState.updateCallback();
      }
      if (stream._readableState !== null) {
        stream._readableState.updateCallback();
      }
    }
    __name(afterOpen, "afterOpen");
    function afterTransform(err, data) {
      if (data !== void 0 && data !== null) this.push(data);
      this._writableState.afterWrite(err);
    }
    __name(afterTransform, "afterTransform");
    function newListener(name) {
      if (this._readableState !== null) {
        if (name === "data") {
          this._duplexState |= READ_EMIT_DATA | READ_RESUMED_READ_AHEAD;
          this._readableState.updateNextTick();
        }
        if (name === "readable") {
          this._duplexState |= READ_EMIT_READABLE;
          this._readableState.updateNextTick();
        }
      }
      if (this._writableState !== null) {
        if (name === "drain") {
          this._duplexState |= WRITE_EMIT_DRAIN;
          this._writableState.updateNextTick();
        }
      }
    }
    __name(newListener, "newListener");
    var Stream = class extends EventEmitter {
      static {
        __name(this, "Stream");
      }
      constructor(opts) {
        super();
        this._duplexState = 0;
        this._readableState = null;
        this._writableState = null;
        if (opts) {
          if (opts.open) this._open = opts.open;
          if (opts.destroy) this._destroy = opts.destroy;
          if (opts.predestroy) this._predestroy = opts.predestroy;
          if (opts.signal) opts.signal.addEventListener("abort", abort.bind(this));
        }
        this.on("newListener", newListener);
      }
      _open(cb) {
        cb(null);
      }
      _destroy(cb) {
        cb(null);
      }
      _predestroy() {
      }
      get readable() {
        return this._readableState !== null ? true : void 0;
      }
      get writable() {
        return this._writableState !== null ? true : void 0;
      }
      get destroyed() {
        return (this._duplexState & DESTROYED) !== 0;
      }
      get destroying() {
        return (this._duplexState & DESTROY_STATUS) !== 0;
      }
      destroy(err) {
        if ((this._duplexState & DESTROY_STATUS) === 0) {
          if (!err) err = StreamError.STREAM_DESTROYED();
          this._duplexState = (this._duplexState | DESTROYING) & NON_PRIMARY;
          if (this._readableState !== null) {
            this._readableState.highWaterMark = 0;
            this._readableState.error = err;
          }
          if (this._writableState !== null) {
            this._writableState.highWaterMark = 0;
            this._writableState.error = err;
          }
          this._duplexState |= PREDESTROYING;
          this._predestroy();
          this._duplexState &= NOT_PREDESTROYING;
          if (this._readableState !== null) {
            this._readableState.updateNextTick();
          }
          if (this._writableState !== null) {
            this._writableState.updateNextTick();
          }
        }
      }
    };
    var Readable5 = class _Readable extends Stream {
      static {
        __name(this, "Readable");
      }
      constructor(opts) {
        super(opts);
        this._duplexState |= OPENING | WRITE_DONE | READ_READ_AHEAD;
        this._readableState = new ReadableState(this, opts);
        if (opts) {
          if (this._readableState.readAhead === false) this._duplexState &= READ_NO_READ_AHEAD;
          if (opts.read) this._read = opts.read;
          if (opts.eagerOpen) this._readableState.updateNextTick();
          if (opts.encoding) this.setEncoding(opts.encoding);
        }
      }
      static deferred(fn, opts) {
        const out = new PassThrough(opts);
        fn().then((src) => {
          if (src === null) return out.end();
          if (out.destroying) return;
          pipeline2(src, out, noop);
        }).catch((err) => out.destroy(err));
        return out;
      }
      setEncoding(encoding) {
        const dec = new TextDecoder(encoding);
        const map = this._readableState.map || echo;
        this._readableState.map = mapOrSkip;
        return this;
        function mapOrSkip(data) {
          const next = dec.push(data);
          return next === "" && (data.byteLength !== 0 || dec.remaining > 0) ? null : map(next);
        }
        __name(mapOrSkip, "mapOrSkip");
      }
      _read(cb) {
        cb(null);
      }
      pipe(dest, cb) {
        this._readableState.updateNextTick();
        this._readableState.pipe(dest, cb);
        return dest;
      }
      read() {
        this._readableState.updateNextTick();
        return this._readableState.read();
      }
      push(data) {
        this._readableState.updateNextTickIfOpen();
        return this._readableState.push(data);
      }
      unshift(data) {
        this._readableState.updateNextTickIfOpen();
        return this._readableState.unshift(data);
      }
      resume() {
        this._duplexState |= READ_RESUMED_READ_AHEAD;
        this._readableState.updateNextTick();
        return this;
      }
      pause() {
        this._duplexState &= this._readableState.readAhead === false ? READ_PAUSED_NO_READ_AHEAD : READ_PAUSED;
        return this;
      }
      static _fromAsyncIterator(ite, opts) {
        let destroy;
        const rs = new _Readable({
          ...opts,
          read(cb) {
            ite.next().then(push).then(cb.bind(null, null)).catch(cb);
          },
          predestroy() {
            destroy = ite.return();
          },
          destroy(cb) {
            if (!destroy) return cb(null);
            destroy.then(cb.bind(null, null)).catch(cb);
          }
        });
        return rs;
        function push(data) {
          if (data.done) rs.push(null);
          else rs.push(data.value);
        }
        __name(push, "push");
      }
      static from(data, opts) {
        if (isReadStreamx(data)) return data;
        if (data[asyncIterator]) return this._fromAsyncIterator(data[asyncIterator](), opts);
        if (!Array.isArray(data)) data = data === void 0 ? [] : [data];
        let i = 0;
        return new _Readable({
          ...opts,
          read(cb) {
            this.push(i === data.length ? null : data[i++]);
            cb(null);
          }
        });
      }
      static isBackpressured(rs) {
        return (rs._duplexState & READ_BACKPRESSURE_STATUS) !== 0 || rs._readableState.buffered >= rs._readableState.highWaterMark;
      }
      static isPaused(rs) {
        return (rs._duplexState & READ_RESUMED) === 0;
      }
      [asyncIterator]() {
        const stream = this;
        let error = null;
        let promiseResolve = null;
        let promiseReject = null;
        this.on("error", (err) => {
          error = err;
        });
        this.on("readable", onreadable);
        this.on("close", onclose);
        return {
          [asyncIterator]() {
            return this;
          },
          next() {
            return new Promise(function(resolve, reject) {
              promiseResolve = resolve;
              promiseReject = reject;
              const data = stream.read();
              if (data !== null) ondata(data);
              else if ((stream._duplexState & DESTROYED) !== 0) ondata(null);
            });
          },
          return() {
            return destroy(null);
          },
          throw(err) {
            return destroy(err);
          }
        };
        function onreadable() {
          if (promiseResolve !== null) ondata(stream.read());
        }
        __name(onreadable, "onreadable");
        function onclose() {
          if (promiseResolve !== null) ondata(null);
        }
        __name(onclose, "onclose");
        function ondata(data) {
          if (promiseReject === null) return;
          if (error) {
            promiseReject(error);
          } else if (data === null && (stream._duplexState & READ_DONE) === 0) {
            promiseReject(StreamError.STREAM_DESTROYED());
          } else {
            promiseResolve({ value: data, done: data === null });
          }
          promiseReject = promiseResolve = null;
        }
        __name(ondata, "ondata");
        function destroy(err) {
          stream.destroy(err);
          return new Promise((resolve, reject) => {
            if (stream._duplexState & DESTROYED) return resolve({ value: void 0, done: true });
            stream.once("close", function() {
              if (err) reject(err);
              else resolve({ value: void 0, done: true });
            });
          });
        }
        __name(destroy, "destroy");
      }
    };
    var Writable = class extends Stream {
      static {
        __name(this, "Writable");
      }
      constructor(opts) {
        super(opts);
        this._duplexState |= OPENING | READ_DONE;
        this._writableState = new WritableState(this, opts);
        if (opts) {
          if (opts.writev) this._writev = opts.writev;
          if (opts.write) this._write = opts.write;
          if (opts.final) this._final = opts.final;
          if (opts.eagerOpen) this._writableState.updateNextTick();
        }
      }
      cork() {
        this._duplexState |= WRITE_CORKED;
      }
      uncork() {
        this._duplexState &= WRITE_NOT_CORKED;
        this._writableState.updateNextTick();
      }
      _writev(batch, cb) {
        cb(null);
      }
      _write(data, cb) {
        this._writableState.autoBatch(data, cb);
      }
      _final(cb) {
        cb(null);
      }
      static isBackpressured(ws) {
        return (ws._duplexState & WRITE_BACKPRESSURE_STATUS) !== 0;
      }
      static drained(ws) {
        if (ws.destroyed) return Promise.resolve(false);
        const state = ws._writableState;
        const pending = isWritev(ws) ? Math.min(1, state.queue.length) : state.queue.length;
        const writes = pending + (ws._duplexState & WRITE_WRITING ? 1 : 0);
        if (writes === 0) return Promise.resolve(true);
        if (state.drains === null) state.drains = [];
        return new Promise((resolve) => {
          state.drains.push({ writes, resolve });
        });
      }
      write(data) {
        this._writableState.updateNextTick();
        return this._writableState.push(data);
      }
      end(data) {
        this._writableState.updateNextTick();
        this._writableState.end(data);
        return this;
      }
    };
    var Duplex = class extends Readable5 {
      static {
        __name(this, "Duplex");
      }
      // and Writable
      constructor(opts) {
        super(opts);
        this._duplexState = OPENING | this._duplexState & READ_READ_AHEAD;
        this._writableState = new WritableState(this, opts);
        if (opts) {
          if (opts.writev) this._writev = opts.writev;
          if (opts.write) this._write = opts.write;
          if (opts.final) this._final = opts.final;
        }
      }
      cork() {
        this._duplexState |= WRITE_CORKED;
      }
      uncork() {
        this._duplexState &= WRITE_NOT_CORKED;
        this._writableState.updateNextTick();
      }
      _writev(batch, cb) {
        cb(null);
      }
      _write(data, cb) {
        this._writableState.autoBatch(data, cb);
      }
      _final(cb) {
        cb(null);
      }
      write(data) {
        this._writableState.updateNextTick();
        return this._writableState.push(data);
      }
      end(data) {
        this._writableState.updateNextTick();
        this._writableState.end(data);
        return this;
      }
    };
    var Transform2 = class extends Duplex {
      static {
        __name(this, "Transform");
      }
      constructor(opts) {
        super(opts);
        this._transformState = new TransformState(this);
        if (opts) {
          if (opts.transform) this._transform = opts.transform;
          if (opts.flush) this._flush = opts.flush;
        }
      }
      _write(data, cb) {
        if (this._readableState.buffered >= this._readableState.highWaterMark) {
          this._transformState.data = data;
        } else {
          this._transform(data, this._transformState.afterTransform);
        }
      }
      _read(cb) {
        if (this._transformState.data !== null) {
          const data = this._transformState.data;
          this._transformState.data = null;
          cb(null);
          this._transform(data, this._transformState.afterTransform);
        } else {
          cb(null);
        }
      }
      destroy(err) {
        super.destroy(err);
        if (this._transformState.data !== null) {
          this._transformState.data = null;
          this._transformState.afterTransform();
        }
      }
      _transform(data, cb) {
        cb(null, data);
      }
      _flush(cb) {
        cb(null);
      }
      _final(cb) {
        this._transformState.afterFinal = cb;
        this._flush(transformAfterFlush.bind(this));
      }
    };
    var PassThrough = class extends Transform2 {
      static {
        __name(this, "PassThrough");
      }
    };
    function transformAfterFlush(err, data) {
      const cb = this._transformState.afterFinal;
      if (err) return cb(err);
      if (data !== null && data !== void 0) this.push(data);
      this.push(null);
      cb(null);
    }
    __name(transformAfterFlush, "transformAfterFlush");
    function pipelinePromise(...streams) {
      return new Promise((resolve, reject) => {
        return pipeline2(...streams, (err) => {
          if (err) return reject(err);
          resolve();
        });
      });
    }
    __name(pipelinePromise, "pipelinePromise");
    function pipeline2(stream, ...streams) {
      const all = Array.isArray(stream) ? [...stream, ...streams] : [stream, ...streams];
      const done = all.length && typeof all[all.length - 1] === "function" ? all.pop() : null;
      if (all.length < 2) throw StreamError.BAD_ARGUMENT("Pipeline requires at least 2 streams");
      let src = all[0];
      let dest = null;
      let error = null;
      for (let i = 1; i < all.length; i++) {
        dest = all[i];
        if (isStreamx(src)) {
          src.pipe(dest, onerror);
        } else {
          errorHandle(src, true, i > 1, onerror);
          src.pipe(dest);
        }
        src = dest;
      }
      if (done) {
        let fin = false;
        const autoDestroy = isStreamx(dest) || !!(dest._writableState && dest._writableState.autoDestroy);
        dest.on("error", (err) => {
          if (error === null) error = err;
        });
        dest.on("finish", () => {
          fin = true;
          if (!autoDestroy) done(error);
        });
        if (autoDestroy) {
          dest.on("close", () => done(error || (fin ? null : StreamError.PREMATURE_CLOSE())));
        }
      }
      return dest;
      function errorHandle(s, rd, wr, onerror2) {
        s.on("error", onerror2);
        s.on("close", onclose);
        function onclose() {
          if (rd && s._readableState && !s._readableState.ended) {
            return onerror2(StreamError.PREMATURE_CLOSE());
          }
          if (wr && s._writableState && !s._writableState.ended) {
            return onerror2(StreamError.PREMATURE_CLOSE());
          }
        }
        __name(onclose, "onclose");
      }
      __name(errorHandle, "errorHandle");
      function onerror(err) {
        if (!err || error) return;
        error = err;
        for (const s of all) {
          s.destroy(err);
        }
      }
      __name(onerror, "onerror");
    }
    __name(pipeline2, "pipeline");
    function echo(s) {
      return s;
    }
    __name(echo, "echo");
    function isStream(stream) {
      return !!stream._readableState || !!stream._writableState;
    }
    __name(isStream, "isStream");
    function isStreamx(stream) {
      return typeof stream._duplexState === "number" && isStream(stream);
    }
    __name(isStreamx, "isStreamx");
    function isEnding(stream) {
      return !!stream._readableState && stream._readableState.ending;
    }
    __name(isEnding, "isEnding");
    function isEnded(stream) {
      return !!stream._readableState && stream._readableState.ended;
    }
    __name(isEnded, "isEnded");
    function isFinishing(stream) {
      return !!stream._writableState && stream._writableState.ending;
    }
    __name(isFinishing, "isFinishing");
    function isFinished(stream) {
      return !!stream._writableState && stream._writableState.ended;
    }
    __name(isFinished, "isFinished");
    function getStreamError(stream, opts = {}) {
      const err = stream._readableState && stream._readableState.error || stream._writableState && stream._writableState.error;
      return !opts.all && StreamError.isStreamDestroyed(err) ? null : err;
    }
    __name(getStreamError, "getStreamError");
    function isReadStreamx(stream) {
      return isStreamx(stream) && stream.readable;
    }
    __name(isReadStreamx, "isReadStreamx");
    function isDisturbed(stream) {
      return (stream._duplexState & OPENING) !== OPENING || (stream._duplexState & DESTROYING) === DESTROYING || (stream._duplexState & ACTIVE_OR_TICKING) !== 0;
    }
    __name(isDisturbed, "isDisturbed");
    function isTypedArray(data) {
      return typeof data === "object" && data !== null && typeof data.byteLength === "number";
    }
    __name(isTypedArray, "isTypedArray");
    function defaultByteLength(data) {
      return isTypedArray(data) ? data.byteLength : 1024;
    }
    __name(defaultByteLength, "defaultByteLength");
    function noop() {
    }
    __name(noop, "noop");
    function abort() {
      this.destroy(StreamError.ABORTED());
    }
    __name(abort, "abort");
    function isWritev(s) {
      return s._writev !== Writable.prototype._writev && s._writev !== Duplex.prototype._writev;
    }
    __name(isWritev, "isWritev");
    module.exports = {
      pipeline: pipeline2,
      pipelinePromise,
      isStream,
      isStreamx,
      isEnding,
      isEnded,
      isFinishing,
      isFinished,
      isDisturbed,
      getStreamError,
      Stream,
      Writable,
      Readable: Readable5,
      Duplex,
      Transform: Transform2,
      // Export PassThrough for compatibility with Node.js core's stream module
      PassThrough
    };
  }
});

// node_modules/tar-stream/headers.js
var require_headers = __commonJS({
  "node_modules/tar-stream/headers.js"(exports) {
    var b4a = require_b4a();
    var ZEROS = "0000000000000000000";
    var SEVENS = "7777777777777777777";
    var ZERO_OFFSET = "0".charCodeAt(0);
    var USTAR_MAGIC = b4a.from([117, 115, 116, 97, 114, 0]);
    var USTAR_VER = b4a.from([ZERO_OFFSET, ZERO_OFFSET]);
    var GNU_MAGIC = b4a.from([117, 115, 116, 97, 114, 32]);
    var GNU_VER = b4a.from([32, 0]);
    var MASK = 4095;
    var MAGIC_OFFSET = 257;
    var VERSION_OFFSET = 263;
    exports.decodeLongPath = /* @__PURE__ */ __name(function decodeLongPath(buf, encoding) {
      return decodeStr(buf, 0, buf.length, encoding);
    }, "decodeLongPath");
    exports.encodePax = /* @__PURE__ */ __name(function encodePax(opts) {
      let result = "";
      if (opts.name) result += addLength(" path=" + opts.name + "\n");
      if (opts.linkname) result += addLength(" linkpath=" + opts.linkname + "\n");
      const pax = opts.pax;
      if (pax) {
        for (const key in pax) {
          result += addLength(" " + key + "=" + pax[key] + "\n");
        }
      }
      return b4a.from(result);
    }, "encodePax");
    exports.decodePax = /* @__PURE__ */ __name(function decodePax(buf) {
      const result = {};
      while (buf.length) {
        let i = 0;
        while (i < buf.length && buf[i] !== 32) i++;
        const len = parseInt(b4a.toString(buf.subarray(0, i)), 10);
        if (!len) return result;
        const b = b4a.toString(buf.subarray(i + 1, len - 1));
        const keyIndex = b.indexOf("=");
        if (keyIndex === -1) return result;
        result[b.slice(0, keyIndex)] = b.slice(keyIndex + 1);
        buf = buf.subarray(len);
      }
      return result;
    }, "decodePax");
    exports.encode = /* @__PURE__ */ __name(function encode(opts) {
      const buf = b4a.alloc(512);
      let name = opts.name;
      let prefix = "";
      if (opts.typeflag === 5 && name[name.length - 1] !== "/") name += "/";
      if (b4a.byteLength(name) !== name.length) return null;
      while (b4a.byteLength(name) > 100) {
        const i = name.indexOf("/");
        if (i === -1) return null;
        prefix += prefix ? "/" + name.slice(0, i) : name.slice(0, i);
        name = name.slice(i + 1);
      }
      if (b4a.byteLength(name) > 100 || b4a.byteLength(prefix) > 155) return null;
      if (opts.linkname && b4a.byteLength(opts.linkname) > 100) return null;
      b4a.write(buf, name);
      b4a.write(buf, encodeOct(opts.mode & MASK, 6), 100);
      b4a.write(buf, encodeOct(opts.uid, 6), 108);
      b4a.write(buf, encodeOct(opts.gid, 6), 116);
      encodeSize(opts.size, buf, 124);
      b4a.write(buf, encodeOct(opts.mtime.getTime() / 1e3 | 0, 11), 136);
      buf[156] = ZERO_OFFSET + toTypeflag(opts.type);
      if (opts.linkname) b4a.write(buf, opts.linkname, 157);
      b4a.copy(USTAR_MAGIC, buf, MAGIC_OFFSET);
      b4a.copy(USTAR_VER, buf, VERSION_OFFSET);
      if (opts.uname) b4a.write(buf, opts.uname, 265);
      if (opts.gname) b4a.write(buf, opts.gname, 297);
      b4a.write(buf, encodeOct(opts.devmajor || 0, 6), 329);
      b4a.write(buf, encodeOct(opts.devminor || 0, 6), 337);
      if (prefix) b4a.write(buf, prefix, 345);
      b4a.write(buf, encodeOct(cksum(buf), 6), 148);
      return buf;
    }, "encode");
    exports.decode = /* @__PURE__ */ __name(function decode(buf, filenameEncoding, allowUnknownFormat) {
      let typeflag = buf[156] === 0 ? 0 : buf[156] - ZERO_OFFSET;
      let name = decodeStr(buf, 0, 100, filenameEncoding);
      const mode = decodeOct(buf, 100, 8);
      const uid = decodeOct(buf, 108, 8);
      const gid = decodeOct(buf, 116, 8);
      const size2 = decodeOct(buf, 124, 12);
      const mtime = decodeOct(buf, 136, 12);
      const type = toType(typeflag);
      const linkname = buf[157] === 0 ? null : decodeStr(buf, 157, 100, filenameEncoding);
      const uname = decodeStr(buf, 265, 32);
      const gname = decodeStr(buf, 297, 32);
      const devmajor = decodeOct(buf, 329, 8);
      const devminor = decodeOct(buf, 337, 8);
      const c = cksum(buf);
      if (c === 8 * 32) return null;
      if (c !== decodeOct(buf, 148, 8)) throw new Error("Invalid tar header. Maybe the tar is corrupted or it needs to be gunzipped?");
      if (isUSTAR(buf)) {
        if (buf[345]) name = decodeStr(buf, 345, 155, filenameEncoding) + "/" + name;
      } else if (isGNU(buf)) {
      } else {
        if (!allowUnknownFormat) {
          throw new Error("Invalid tar header: unknown format.");
        }
      }
      if (typeflag === 0 && name && name[name.length - 1] === "/") typeflag = 5;
      return {
        name,
        mode,
        uid,
        gid,
        size: size2,
        byteOffset: 0,
        mtime: new Date(1e3 * mtime),
        type,
        linkname,
        uname,
        gname,
        devmajor,
        devminor,
        pax: null
      };
    }, "decode");
    function isUSTAR(buf) {
      return b4a.equals(USTAR_MAGIC, buf.subarray(MAGIC_OFFSET, MAGIC_OFFSET + 6));
    }
    __name(isUSTAR, "isUSTAR");
    function isGNU(buf) {
      return b4a.equals(GNU_MAGIC, buf.subarray(MAGIC_OFFSET, MAGIC_OFFSET + 6)) && b4a.equals(GNU_VER, buf.subarray(VERSION_OFFSET, VERSION_OFFSET + 2));
    }
    __name(isGNU, "isGNU");
    function clamp(index, len, defaultValue) {
      if (typeof index !== "number") return defaultValue;
      index = ~~index;
      if (index >= len) return len;
      if (index >= 0) return index;
      index += len;
      if (index >= 0) return index;
      return 0;
    }
    __name(clamp, "clamp");
    function toType(flag) {
      switch (flag) {
        case 0:
          return "file";
        case 1:
          return "link";
        case 2:
          return "symlink";
        case 3:
          return "character-device";
        case 4:
          return "block-device";
        case 5:
          return "directory";
        case 6:
          return "fifo";
        case 7:
          return "contiguous-file";
        case 72:
          return "pax-header";
        case 55:
          return "pax-global-header";
        case 27:
          return "gnu-long-link-path";
        case 28:
        case 30:
          return "gnu-long-path";
      }
      return null;
    }
    __name(toType, "toType");
    function toTypeflag(flag) {
      switch (flag) {
        case "file":
          return 0;
        case "link":
          return 1;
        case "symlink":
          return 2;
        case "character-device":
          return 3;
        case "block-device":
          return 4;
        case "directory":
          return 5;
        case "fifo":
          return 6;
        case "contiguous-file":
          return 7;
        case "pax-header":
          return 72;
      }
      return 0;
    }
    __name(toTypeflag, "toTypeflag");
    function indexOf(block, num, offset, end) {
      for (; offset < end; offset++) {
        if (block[offset] === num) return offset;
      }
      return end;
    }
    __name(indexOf, "indexOf");
    function cksum(block) {
      let sum = 8 * 32;
      for (let i = 0; i < 148; i++) sum += block[i];
      for (let j = 156; j < 512; j++) sum += block[j];
      return sum;
    }
    __name(cksum, "cksum");
    function encodeOct(val, n) {
      val = val.toString(8);
      if (val.length > n) return SEVENS.slice(0, n) + " ";
      return ZEROS.slice(0, n - val.length) + val + " ";
    }
    __name(encodeOct, "encodeOct");
    function encodeSizeBin(num, buf, off) {
      buf[off] = 128;
      for (let i = 11; i > 0; i--) {
        buf[off + i] = num & 255;
        num = Math.floor(num / 256);
      }
    }
    __name(encodeSizeBin, "encodeSizeBin");
    function encodeSize(num, buf, off) {
      if (num.toString(8).length > 11) {
        encodeSizeBin(num, buf, off);
      } else {
        b4a.write(buf, encodeOct(num, 11), off);
      }
    }
    __name(encodeSize, "encodeSize");
    function parse256(buf) {
      let positive;
      if (buf[0] === 128) positive = true;
      else if (buf[0] === 255) positive = false;
      else return null;
      const tuple = [];
      let i;
      for (i = buf.length - 1; i > 0; i--) {
        const byte = buf[i];
        if (positive) tuple.push(byte);
        else tuple.push(255 - byte);
      }
      let sum = 0;
      const l = tuple.length;
      for (i = 0; i < l; i++) {
        sum += tuple[i] * Math.pow(256, i);
      }
      return positive ? sum : -1 * sum;
    }
    __name(parse256, "parse256");
    function decodeOct(val, offset, length) {
      val = val.subarray(offset, offset + length);
      offset = 0;
      if (val[offset] & 128) {
        return parse256(val);
      } else {
        while (offset < val.length && val[offset] === 32) offset++;
        const end = clamp(indexOf(val, 32, offset, val.length), val.length, val.length);
        while (offset < end && val[offset] === 0) offset++;
        if (end === offset) return 0;
        return parseInt(b4a.toString(val.subarray(offset, end)), 8);
      }
    }
    __name(decodeOct, "decodeOct");
    function decodeStr(val, offset, length, encoding) {
      return b4a.toString(val.subarray(offset, indexOf(val, 0, offset, offset + length)), encoding);
    }
    __name(decodeStr, "decodeStr");
    function addLength(str) {
      const len = b4a.byteLength(str);
      let digits = Math.floor(Math.log(len) / Math.log(10)) + 1;
      if (len + digits >= Math.pow(10, digits)) digits++;
      return len + digits + str;
    }
    __name(addLength, "addLength");
  }
});

// node_modules/tar-stream/extract.js
var require_extract = __commonJS({
  "node_modules/tar-stream/extract.js"(exports, module) {
    var { Writable, Readable: Readable5, getStreamError } = require_streamx();
    var FIFO = require_fast_fifo();
    var b4a = require_b4a();
    var headers = require_headers();
    var EMPTY = b4a.alloc(0);
    var MAX_HEADER_SIZE = 4 * 1024 * 1024;
    var BufferList = class {
      static {
        __name(this, "BufferList");
      }
      constructor() {
        this.buffered = 0;
        this.shifted = 0;
        this.queue = new FIFO();
        this._offset = 0;
      }
      push(buffer) {
        this.buffered += buffer.byteLength;
        this.queue.push(buffer);
      }
      shiftFirst(size2) {
        return this.buffered === 0 ? null : this._next(size2);
      }
      shift(size2) {
        if (size2 > this.buffered) return null;
        if (size2 === 0) return EMPTY;
        let chunk = this._next(size2);
        if (size2 === chunk.byteLength) return chunk;
        const chunks = [chunk];
        while ((size2 -= chunk.byteLength) > 0) {
          chunk = this._next(size2);
          chunks.push(chunk);
        }
        return b4a.concat(chunks);
      }
      _next(size2) {
        const buf = this.queue.peek();
        const rem = buf.byteLength - this._offset;
        if (size2 >= rem) {
          const sub = this._offset ? buf.subarray(this._offset, buf.byteLength) : buf;
          this.queue.shift();
          this._offset = 0;
          this.buffered -= rem;
          this.shifted += rem;
          return sub;
        }
        this.buffered -= size2;
        this.shifted += size2;
        return buf.subarray(this._offset, this._offset += size2);
      }
    };
    var Source = class extends Readable5 {
      static {
        __name(this, "Source");
      }
      constructor(self, header, offset) {
        super();
        this.header = header;
        this.offset = offset;
        this._parent = self;
      }
      _read(cb) {
        if (this.header.size === 0) {
          this.push(null);
        }
        if (this._parent._stream === this) {
          this._parent._update();
        }
        cb(null);
      }
      _predestroy() {
        this._parent.destroy(getStreamError(this));
      }
      _detach() {
        if (this._parent._stream === this) {
          this._parent._stream = null;
          this._parent._missing = overflow(this.header.size);
          this._parent._update();
        }
      }
      _destroy(cb) {
        this._detach();
        cb(null);
      }
    };
    var Extract = class extends Writable {
      static {
        __name(this, "Extract");
      }
      constructor(opts) {
        super(opts);
        if (!opts) opts = {};
        this._buffer = new BufferList();
        this._offset = 0;
        this._header = null;
        this._stream = null;
        this._missing = 0;
        this._longHeader = false;
        this._callback = noop;
        this._locked = false;
        this._finished = false;
        this._pax = null;
        this._paxGlobal = null;
        this._gnuLongPath = null;
        this._gnuLongLinkPath = null;
        this._filenameEncoding = opts.filenameEncoding || "utf-8";
        this._allowUnknownFormat = !!opts.allowUnknownFormat;
        this._unlockBound = this._unlock.bind(this);
      }
      _unlock(err) {
        this._locked = false;
        if (err) {
          this.destroy(err);
          this._continueWrite(err);
          return;
        }
        this._update();
      }
      _consumeHeader() {
        if (this._locked) return false;
        this._offset = this._buffer.shifted;
        try {
          this._header = headers.decode(this._buffer.shift(512), this._filenameEncoding, this._allowUnknownFormat);
        } catch (err) {
          this._continueWrite(err);
          return false;
        }
        if (!this._header) return true;
        this._header.byteOffset = this._buffer.shifted;
        switch (this._header.type) {
          case "gnu-long-path":
          case "gnu-long-link-path":
          case "pax-global-header":
          case "pax-header":
            this._longHeader = true;
            this._missing = this._header.size;
            if (this._missing > MAX_HEADER_SIZE) {
              this._continueWrite(new Error("Header exceeds max size"));
              return false;
            }
            return true;
        }
        this._locked = true;
        this._applyLongHeaders();
        if (!(this._header.size >= 0)) {
          this._continueWrite(new Error("Invalid header"));
          return false;
        }
        if (this._header.size === 0 || this._header.type === "directory") {
          this.emit("entry", this._header, this._createStream(), this._unlockBound);
          return true;
        }
        this._stream = this._createStream();
        this._missing = this._header.size;
        this.emit("entry", this._header, this._stream, this._unlockBound);
        return true;
      }
      _applyLongHeaders() {
        if (this._gnuLongPath) {
          this._header.name = this._gnuLongPath;
          this._gnuLongPath = null;
        }
        if (this._gnuLongLinkPath) {
          this._header.linkname = this._gnuLongLinkPath;
          this._gnuLongLinkPath = null;
        }
        if (this._pax) {
          if (this._pax.path) this._header.name = this._pax.path;
          if (this._pax.linkpath) this._header.linkname = this._pax.linkpath;
          if (this._pax.size) this._header.size = parseInt(this._pax.size, 10);
          this._header.pax = this._pax;
          this._pax = null;
        }
      }
      _decodeLongHeader(buf) {
        switch (this._header.type) {
          case "gnu-long-path":
            this._gnuLongPath = headers.decodeLongPath(buf, this._filenameEncoding);
            break;
          case "gnu-long-link-path":
            this._gnuLongLinkPath = headers.decodeLongPath(buf, this._filenameEncoding);
            break;
          case "pax-global-header":
            this._paxGlobal = headers.decodePax(buf);
            break;
          case "pax-header":
            this._pax = this._paxGlobal === null ? headers.decodePax(buf) : Object.assign({}, this._paxGlobal, headers.decodePax(buf));
            break;
        }
      }
      _consumeLongHeader() {
        this._longHeader = false;
        this._missing = overflow(this._header.size);
        const buf = this._buffer.shift(this._header.size);
        try {
          this._decodeLongHeader(buf);
        } catch (err) {
          this._continueWrite(err);
          return false;
        }
        return true;
      }
      _consumeStream() {
        const buf = this._buffer.shiftFirst(this._missing);
        if (buf === null) return false;
        this._missing -= buf.byteLength;
        const drained = this._stream.push(buf);
        if (this._missing === 0) {
          this._stream.push(null);
          if (drained) this._stream._detach();
          return drained && this._locked === false;
        }
        return drained;
      }
      _createStream() {
        return new Source(this, this._header, this._offset);
      }
      _update() {
        while (this._buffer.buffered > 0 && !this.destroying) {
          if (this._missing > 0) {
            if (this._stream !== null) {
              if (this._consumeStream() === false) return;
              continue;
            }
            if (this._longHeader === true) {
              if (this._missing > this._buffer.buffered) break;
              if (this._consumeLongHeader() === false) return false;
              continue;
            }
            const ignore = this._buffer.shiftFirst(this._missing);
            if (ignore !== null) this._missing -= ignore.byteLength;
            continue;
          }
          if (this._buffer.buffered < 512) break;
          if (this._stream !== null || this._consumeHeader() === false) return;
        }
        this._continueWrite(null);
      }
      _continueWrite(err) {
        const cb = this._callback;
        this._callback = noop;
        cb(err);
      }
      _write(data, cb) {
        this._callback = cb;
        this._buffer.push(data);
        this._update();
      }
      _final(cb) {
        this._finished = this._missing === 0 && this._buffer.buffered === 0;
        cb(this._finished ? null : new Error("Unexpected end of data"));
      }
      _predestroy() {
        this._continueWrite(null);
      }
      _destroy(cb) {
        if (this._stream) this._stream.destroy(getStreamError(this));
        cb(null);
      }
      [Symbol.asyncIterator]() {
        let error = null;
        let promiseResolve = null;
        let promiseReject = null;
        let entryStream = null;
        let entryCallback = null;
        const extract2 = this;
        this.on("entry", onentry);
        this.on("error", (err) => {
          error = err;
        });
        this.on("close", onclose);
        return {
          [Symbol.asyncIterator]() {
            return this;
          },
          next() {
            return new Promise(onnext);
          },
          return() {
            return destroy(null);
          },
          throw(err) {
            return destroy(err);
          }
        };
        function consumeCallback(err) {
          if (!entryCallback) return;
          const cb = entryCallback;
          entryCallback = null;
          cb(err);
        }
        __name(consumeCallback, "consumeCallback");
        function onnext(resolve, reject) {
          if (error) {
            return reject(error);
          }
          if (entryStream) {
            resolve({ value: entryStream, done: false });
            entryStream = null;
            return;
          }
          promiseResolve = resolve;
          promiseReject = reject;
          consumeCallback(null);
          if (extract2._finished && promiseResolve) {
            promiseResolve({ value: void 0, done: true });
            promiseResolve = promiseReject = null;
          }
        }
        __name(onnext, "onnext");
        function onentry(header, stream, callback) {
          entryCallback = callback;
          stream.on("error", noop);
          if (promiseResolve) {
            promiseResolve({ value: stream, done: false });
            promiseResolve = promiseReject = null;
          } else {
            entryStream = stream;
          }
        }
        __name(onentry, "onentry");
        function onclose() {
          consumeCallback(error);
          if (!promiseResolve) return;
          if (error) promiseReject(error);
          else promiseResolve({ value: void 0, done: true });
          promiseResolve = promiseReject = null;
        }
        __name(onclose, "onclose");
        function destroy(err) {
          extract2.destroy(err);
          consumeCallback(err);
          return new Promise((resolve, reject) => {
            if (extract2.destroyed) return resolve({ value: void 0, done: true });
            extract2.once("close", function() {
              if (err) reject(err);
              else resolve({ value: void 0, done: true });
            });
          });
        }
        __name(destroy, "destroy");
      }
    };
    module.exports = /* @__PURE__ */ __name(function extract2(opts) {
      return new Extract(opts);
    }, "extract");
    function noop() {
    }
    __name(noop, "noop");
    function overflow(size2) {
      size2 &= 511;
      return size2 && 512 - size2;
    }
    __name(overflow, "overflow");
  }
});

// node_modules/tar-stream/constants.js
var require_constants = __commonJS({
  "node_modules/tar-stream/constants.js"(exports, module) {
    var constants2 = {
      // just for envs without fs
      S_IFMT: 61440,
      S_IFDIR: 16384,
      S_IFCHR: 8192,
      S_IFBLK: 24576,
      S_IFIFO: 4096,
      S_IFLNK: 40960
    };
    try {
      module.exports = __require("fs").constants || constants2;
    } catch {
      module.exports = constants2;
    }
  }
});

// node_modules/tar-stream/pack.js
var require_pack = __commonJS({
  "node_modules/tar-stream/pack.js"(exports, module) {
    var { Readable: Readable5, Writable, getStreamError } = require_streamx();
    var b4a = require_b4a();
    var constants2 = require_constants();
    var headers = require_headers();
    var DMODE = 493;
    var FMODE = 420;
    var END_OF_TAR = b4a.alloc(1024);
    var Sink = class extends Writable {
      static {
        __name(this, "Sink");
      }
      constructor(pack2, header, callback) {
        super({ mapWritable, eagerOpen: true });
        this.written = 0;
        this.header = header;
        this._callback = callback;
        this._linkname = null;
        this._isLinkname = header.type === "symlink" && !header.linkname;
        this._isVoid = header.type !== "file" && header.type !== "contiguous-file";
        this._finished = false;
        this._pack = pack2;
        this._openCallback = null;
        if (this._pack._stream === null) this._pack._stream = this;
        else this._pack._pending.push(this);
      }
      _open(cb) {
        this._openCallback = cb;
        if (this._pack._stream === this) this._continueOpen();
      }
      _continuePack(err) {
        if (this._callback === null) return;
        const callback = this._callback;
        this._callback = null;
        callback(err);
      }
      _continueOpen() {
        if (this._pack._stream === null) this._pack._stream = this;
        const cb = this._openCallback;
        this._openCallback = null;
        if (cb === null) return;
        if (this._pack.destroying) return cb(new Error("pack stream destroyed"));
        if (this._pack._finalized) return cb(new Error("pack stream is already finalized"));
        this._pack._stream = this;
        if (!this._isLinkname) {
          this._pack._encode(this.header);
        }
        if (this._isVoid) {
          this._finish();
          this._continuePack(null);
        }
        cb(null);
      }
      _write(data, cb) {
        if (this._isLinkname) {
          this._linkname = this._linkname ? b4a.concat([this._linkname, data]) : data;
          return cb(null);
        }
        if (this._isVoid) {
          if (data.byteLength > 0) {
            return cb(new Error("No body allowed for this entry"));
          }
          return cb();
        }
        this.written += data.byteLength;
        if (this._pack.push(data)) return cb();
        this._pack._drain = cb;
      }
      _finish() {
        if (this._finished) return;
        this._finished = true;
        if (this._isLinkname) {
          this.header.linkname = this._linkname ? b4a.toString(this._linkname, "utf-8") : "";
          this._pack._encode(this.header);
        }
        overflow(this._pack, this.header.size);
        this._pack._done(this);
      }
      _final(cb) {
        if (this.written !== this.header.size) {
          return cb(new Error("Size mismatch"));
        }
        this._finish();
        cb(null);
      }
      _getError() {
        return getStreamError(this) || new Error("tar entry destroyed");
      }
      _predestroy() {
        this._pack.destroy(this._getError());
      }
      _destroy(cb) {
        this._pack._done(this);
        this._continuePack(this._finished ? null : this._getError());
        cb();
      }
    };
    var Pack = class extends Readable5 {
      static {
        __name(this, "Pack");
      }
      constructor(opts) {
        super(opts);
        this._drain = noop;
        this._finalized = false;
        this._finalizing = false;
        this._pending = [];
        this._stream = null;
      }
      entry(header, buffer, callback) {
        if (this._finalized || this.destroying) throw new Error("already finalized or destroyed");
        if (typeof buffer === "function") {
          callback = buffer;
          buffer = null;
        }
        if (!callback) callback = noop;
        if (!header.size || header.type === "symlink") header.size = 0;
        if (!header.type) header.type = modeToType(header.mode);
        if (!header.mode) header.mode = header.type === "directory" ? DMODE : FMODE;
        if (!header.uid) header.uid = 0;
        if (!header.gid) header.gid = 0;
        if (!header.mtime) header.mtime = /* @__PURE__ */ new Date();
        if (typeof buffer === "string") buffer = b4a.from(buffer);
        const sink = new Sink(this, header, callback);
        if (b4a.isBuffer(buffer)) {
          header.size = buffer.byteLength;
          sink.write(buffer);
          sink.end();
          return sink;
        }
        if (sink._isVoid) {
          return sink;
        }
        return sink;
      }
      finalize() {
        if (this._stream || this._pending.length > 0) {
          this._finalizing = true;
          return;
        }
        if (this._finalized) return;
        this._finalized = true;
        this.push(END_OF_TAR);
        this.push(null);
      }
      _done(stream) {
        if (stream !== this._stream) return;
        this._stream = null;
        if (this._finalizing) this.finalize();
        if (this._pending.length) this._pending.shift()._continueOpen();
      }
      _encode(header) {
        if (!header.pax) {
          const buf = headers.encode(header);
          if (buf) {
            this.push(buf);
            return;
          }
        }
        this._encodePax(header);
      }
      _encodePax(header) {
        const paxHeader = headers.encodePax({
          name: header.name,
          linkname: header.linkname,
          pax: header.pax
        });
        const newHeader = {
          name: "PaxHeader",
          mode: header.mode,
          uid: header.uid,
          gid: header.gid,
          size: paxHeader.byteLength,
          mtime: header.mtime,
          type: "pax-header",
          linkname: header.linkname && "PaxHeader",
          uname: header.uname,
          gname: header.gname,
          devmajor: header.devmajor,
          devminor: header.devminor
        };
        this.push(headers.encode(newHeader));
        this.push(paxHeader);
        overflow(this, paxHeader.byteLength);
        newHeader.size = header.size;
        newHeader.type = header.type;
        this.push(headers.encode(newHeader));
      }
      _doDrain() {
        const drain = this._drain;
        this._drain = noop;
        drain();
      }
      _predestroy() {
        const err = getStreamError(this);
        if (this._stream) this._stream.destroy(err);
        while (this._pending.length) {
          const stream = this._pending.shift();
          stream.destroy(err);
          stream._continueOpen();
        }
        this._doDrain();
      }
      _read(cb) {
        this._doDrain();
        cb();
      }
    };
    module.exports = /* @__PURE__ */ __name(function pack2(opts) {
      return new Pack(opts);
    }, "pack");
    function modeToType(mode) {
      switch (mode & constants2.S_IFMT) {
        case constants2.S_IFBLK:
          return "block-device";
        case constants2.S_IFCHR:
          return "character-device";
        case constants2.S_IFDIR:
          return "directory";
        case constants2.S_IFIFO:
          return "fifo";
        case constants2.S_IFLNK:
          return "symlink";
      }
      return "file";
    }
    __name(modeToType, "modeToType");
    function noop() {
    }
    __name(noop, "noop");
    function overflow(self, size2) {
      size2 &= 511;
      if (size2) self.push(END_OF_TAR.subarray(0, 512 - size2));
    }
    __name(overflow, "overflow");
    function mapWritable(buf) {
      return b4a.isBuffer(buf) ? buf : b4a.from(buf);
    }
    __name(mapWritable, "mapWritable");
  }
});

// node_modules/tar-stream/index.js
var require_tar_stream = __commonJS({
  "node_modules/tar-stream/index.js"(exports) {
    exports.extract = require_extract();
    exports.pack = require_pack();
  }
});

// src/deploy/transfer/archive.ts
import { createHash as createHash3 } from "node:crypto";

// src/deploy/transfer/delta/units.ts
import { createHash } from "node:crypto";
var HEADER = 512;
var BLOCK = 64 * 1024;
var LIMIT = 2e5;
var STAMP_AT = 136;
var CHECKSUM_AT = 148;
var STAMP = 11;
var CHECKSUM = 6;
var TYPE_AT = 156;
var SIZE_AT = 124;
var EXTENSIONS = "xgLK";
function contentLength(header) {
  const size2 = /^[0-7]{11}/.exec(header.toString("latin1", SIZE_AT, SIZE_AT + 12))?.[0];
  return size2 === void 0 ? 0 : Math.ceil(parseInt(size2, 8) / HEADER) * HEADER;
}
__name(contentLength, "contentLength");
function stampOf(header) {
  if (EXTENSIONS.includes(String.fromCharCode(header[TYPE_AT] ?? 0))) return void 0;
  const fields = header.toString("latin1", STAMP_AT, TYPE_AT);
  const [, stamp] = /^([0-7]{11})[\0 ][0-7]{6}[\0 ]{2}$/.exec(fields) ?? [];
  return stamp === void 0 ? void 0 : parseInt(stamp, 8);
}
__name(stampOf, "stampOf");
var UnitReader = class {
  static {
    __name(this, "UnitReader");
  }
  units = [];
  length = 0;
  mark;
  header = Buffer.alloc(HEADER);
  headerFilled = 0;
  contentLeft = 0;
  extension = false;
  hash;
  unit = { hash: 0, length: 0, entry: true };
  push(chunk) {
    this.length += chunk.length;
    if (this.units.length > LIMIT) return;
    for (let at = 0; at < chunk.length; ) {
      at += this.contentLeft === 0 ? this.takeHeader(chunk, at) : this.takeContent(chunk, at);
    }
  }
  /** The whole layer; undefined for what is no tar archive or has too many entries. */
  end() {
    if (this.headerFilled > 0) this.add(this.header.subarray(0, this.headerFilled));
    this.close();
    const { units, length, mark = "" } = this;
    return units.length > LIMIT || !/^[0-7]{6}$/.test(mark) ? void 0 : { units, length, mark };
  }
  takeHeader(chunk, at) {
    const taken = chunk.copy(this.header, this.headerFilled, at, at + HEADER - this.headerFilled);
    this.headerFilled += taken;
    if (this.headerFilled < HEADER) return taken;
    this.headerFilled = 0;
    this.mark ??= this.header.toString("latin1", CHECKSUM_AT, CHECKSUM_AT + CHECKSUM);
    this.contentLeft = contentLength(this.header);
    this.extension = EXTENSIONS.includes(String.fromCharCode(this.header[TYPE_AT] ?? 0));
    const stamp = stampOf(this.header);
    if (stamp !== void 0) {
      this.unit.stamp = stamp;
      this.header.fill(0, STAMP_AT, STAMP_AT + STAMP);
      this.header.fill(0, CHECKSUM_AT, CHECKSUM_AT + CHECKSUM);
    }
    this.add(this.header);
    this.closeWhereItEnds();
    return taken;
  }
  takeContent(chunk, at) {
    const taken = Math.min(chunk.length - at, this.contentLeft, BLOCK - this.unit.length);
    this.add(chunk.subarray(at, at + taken));
    this.contentLeft -= taken;
    this.closeWhereItEnds();
    return taken;
  }
  closeWhereItEnds() {
    if (this.unit.length >= BLOCK || this.contentLeft === 0 && !this.extension) this.close();
  }
  add(bytes) {
    this.hash ??= createHash("sha256");
    this.hash.update(bytes);
    this.unit.length += bytes.length;
  }
  close() {
    if (this.hash === void 0) return;
    this.unit.hash = this.hash.digest().readUIntBE(0, 6);
    this.units.push(this.unit);
    this.hash = void 0;
    this.unit = { hash: 0, length: 0, entry: this.contentLeft === 0 };
  }
};

// src/deploy/transfer/entries.ts
var import_tar_stream = __toESM(require_tar_stream(), 1);
import { finished } from "node:stream";
function entriesOf(archive) {
  const entries = archive.pipe((0, import_tar_stream.extract)());
  finished(archive, (error) => {
    if (error) entries.destroy(error);
  });
  return entries;
}
__name(entriesOf, "entriesOf");

// src/deploy/transfer/oci.ts
import { createHash as createHash2 } from "node:crypto";
var TYPE = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar"
};
function ociDescriptions(images) {
  const files = /* @__PURE__ */ new Map();
  const blob = /* @__PURE__ */ __name((content, mediaType) => {
    const hex = createHash2("sha256").update(content).digest("hex");
    files.set(`blobs/sha256/${hex}`, content);
    return { mediaType, digest: `sha256:${hex}`, size: content.length };
  }, "blob");
  const manifests = [];
  const index = images.flatMap((image) => {
    const manifest = blob(
      text({
        schemaVersion: 2,
        mediaType: TYPE.manifest,
        config: blob(image.config, TYPE.config),
        layers: image.layers.map((layer) => ({ mediaType: TYPE.layer, ...layer }))
      }),
      TYPE.manifest
    );
    manifests.push(manifest.digest);
    return image.references.map((reference) => ({
      ...manifest,
      annotations: {
        "io.containerd.image.name": wholeName(reference),
        "org.opencontainers.image.ref.name": reference.slice(reference.lastIndexOf(":") + 1)
      }
    }));
  });
  const docker = images.map((image) => ({
    Config: pathOf(`sha256:${createHash2("sha256").update(image.config).digest("hex")}`),
    RepoTags: image.references,
    Layers: image.layers.map((layer) => pathOf(layer.digest))
  }));
  files.set("oci-layout", text({ imageLayoutVersion: "1.0.0" }));
  files.set("index.json", text({ schemaVersion: 2, mediaType: TYPE.index, manifests: index }));
  files.set("manifest.json", text(docker));
  return { files: [...files].map(([name, content]) => ({ name, content })), manifests };
}
__name(ociDescriptions, "ociDescriptions");
var text = /* @__PURE__ */ __name((value) => Buffer.from(JSON.stringify(value)), "text");
var pathOf = /* @__PURE__ */ __name((digest) => digest.replace("sha256:", "blobs/sha256/"), "pathOf");
function wholeName(reference) {
  const [first = ""] = reference.split("/", 1);
  if (first === reference) return `docker.io/library/${reference}`;
  return /[.:]/.test(first) || first === "localhost" ? reference : `docker.io/${reference}`;
}
__name(wholeName, "wholeName");

// src/deploy/transfer/archive.ts
var DESCRIPTION_LIMIT = 4 * 1024 * 1024;
var KEPT_FILE = 8 * 1024 * 1024;
var KEPT_TOTAL = 32 * 1024 * 1024;
var MAGIC = 4;
var COMPARED = 1024 * 1024;
var Manifest = array(
  looseObject({
    Config: string(),
    RepoTags: array(string()).nullable(),
    Layers: array(string())
  })
);
var ImageConfig = looseObject({ rootfs: looseObject({ diff_ids: array(string()) }) });
var Index = looseObject({ manifests: array(looseObject({ digest: string() })) });
async function describeArchive(archive) {
  const texts = /* @__PURE__ */ new Map();
  const sizes = /* @__PURE__ */ new Map();
  const compressed = /* @__PURE__ */ new Set();
  const kept = /* @__PURE__ */ new Map();
  const units = /* @__PURE__ */ new Map();
  let keptBytes = 0;
  const entries = entriesOf(archive);
  for await (const entry of entries) {
    const { name, type, size: size2 = 0 } = entry.header;
    if (type !== "file") {
      entry.resume();
      continue;
    }
    sizes.set(name, size2);
    const keep = size2 <= KEPT_FILE && keptBytes + size2 <= KEPT_TOTAL;
    const reader = size2 >= COMPARED ? new UnitReader() : void 0;
    const content = await readEntry(entry, size2, keep, reader);
    if (isCompressed(content)) compressed.add(name);
    const read2 = reader?.end();
    if (read2) units.set(name, read2);
    if (content.length !== size2) continue;
    if (size2 <= DESCRIPTION_LIMIT && isJson(content)) texts.set(name, content);
    if (!keep) continue;
    kept.set(name, content);
    keptBytes += size2;
  }
  const images = parseManifest(texts);
  return texts.has("oci-layout") ? { images, sizes, compressed, added: [], kept, units } : fromLegacy(images, texts, { sizes, kept, units });
}
__name(describeArchive, "describeArchive");
async function readEntry(entry, size2, keep, reader) {
  const parts = [];
  let read2 = 0;
  for await (const part of entry) {
    const described = size2 <= DESCRIPTION_LIMIT && isJson(parts[0] ?? part);
    if (keep || described || read2 < MAGIC) parts.push(part);
    if (!isCompressed(parts[0] ?? part)) reader?.push(part);
    read2 += part.length;
  }
  return Buffer.concat(parts);
}
__name(readEntry, "readEntry");
var isJson = /* @__PURE__ */ __name((content) => content[0] === 123 || content[0] === 91, "isJson");
var isCompressed = /* @__PURE__ */ __name((start) => start[0] === 31 && start[1] === 139 || start.length >= 4 && start.readUInt32LE(0) === 4247762216, "isCompressed");
function parseManifest(texts) {
  const read2 = /* @__PURE__ */ __name((name, schema) => {
    const parsed = schema.safeParse(json(texts.get(name)));
    if (parsed.success) return parsed.data;
    throw new AutopilotError("TRANSFER_FAILED", {
      what: `The image archive has no usable ${name}`,
      why: "docker save did not write a complete archive.",
      fix: "Check the disk of the runner, and that `docker save` of the image works there."
    });
  }, "read");
  const index = texts.has("index.json") ? read2("index.json", Index).manifests : [];
  return read2("manifest.json", Manifest).map((image) => {
    const { diff_ids: diffIds } = read2(image.Config, ImageConfig).rootfs;
    const config = `sha256:${sha256(texts.get(image.Config) ?? Buffer.alloc(0))}`;
    return {
      references: image.RepoTags ?? [],
      config: image.Config,
      ids: [config, ...index.map((entry) => entry.digest)],
      layers: image.Layers.map((path, position) => ({ path, diffId: diffIds[position] ?? "" }))
    };
  });
}
__name(parseManifest, "parseManifest");
function fromLegacy(described, texts, legacy) {
  const renamed = /* @__PURE__ */ new Map();
  const sizes = /* @__PURE__ */ new Map();
  const units = /* @__PURE__ */ new Map();
  for (const { path, diffId } of described.flatMap((image) => image.layers)) {
    const size2 = legacy.sizes.get(path);
    const blob = blobPath(diffId);
    if (size2 === void 0 || sizes.has(blob)) continue;
    renamed.set(path, blob);
    sizes.set(blob, size2);
    const read2 = legacy.units.get(path);
    if (read2) units.set(blob, read2);
  }
  const images = described.map((image) => ({
    ...image,
    layers: image.layers.map(({ diffId }) => ({ path: blobPath(diffId), diffId }))
  }));
  const { files, manifests } = ociDescriptions(
    images.map((image) => ({
      references: image.references,
      config: texts.get(image.config) ?? Buffer.alloc(0),
      layers: image.layers.map(({ path, diffId }) => ({ digest: diffId, size: sizes.get(path) ?? 0 }))
    }))
  );
  const kept = new Map(files.map(({ name, content }) => [name, content]));
  for (const [path, blob] of renamed) {
    const content = legacy.kept.get(path);
    if (content) kept.set(blob, content);
  }
  for (const { name, content } of files) sizes.set(name, content.length);
  return {
    images: images.map((image, position) => ({
      references: image.references,
      layers: image.layers,
      ids: [...image.ids, manifests[position] ?? ""]
    })),
    sizes,
    compressed: /* @__PURE__ */ new Set(),
    renamed,
    added: files,
    kept,
    units
  };
}
__name(fromLegacy, "fromLegacy");
function json(content) {
  try {
    return JSON.parse(content?.toString("utf8") ?? "null");
  } catch {
    return null;
  }
}
__name(json, "json");
var sha256 = /* @__PURE__ */ __name((content) => createHash3("sha256").update(content).digest("hex"), "sha256");
var blobPath = /* @__PURE__ */ __name((digest) => `blobs/sha256/${digest.replace(/^sha256:/, "")}`, "blobPath");

// src/deploy/transfer/attempt.ts
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createGzip, createZstdCompress } from "node:zlib";
var THOROUGH_LIMIT = 64 * 1024 * 1024;
var PROGRESS_INTERVAL = 5e3;
async function attempt(parcel, target, effects) {
  const { content, finished: finished2 } = parcel;
  const meter = progressMeter(parcel, effects);
  const flow = pipeline(content, meter.before, compressor(parcel), meter.after);
  const load = target.pipe(parcel.command, meter.after, effects.signal);
  const stop = /* @__PURE__ */ __name(() => {
    parcel.giveUp();
    meter.after.destroy();
  }, "stop");
  load.then(({ code }) => code === 0 ? meter.after.resume() : stop(), stop);
  const [sent, saved, loaded] = await Promise.allSettled([flow, finished2, load]);
  effects.signal?.throwIfAborted();
  const reasons = [refusal(loaded), interruption(saved), interruption(sent)];
  const detail = reasons.find((reason) => reason !== "") ?? "";
  return {
    loaded: detail === "",
    bytes: meter.bytes(),
    detail,
    passing: detail !== "" && mayPass(loaded, detail)
  };
}
__name(attempt, "attempt");
function takesZstd(engine) {
  return Number(/^\d+/.exec(engine)?.[0] ?? 0) >= 28;
}
__name(takesZstd, "takesZstd");
function compressor({ compression, length }) {
  const thorough = length <= THOROUGH_LIMIT;
  if (compression === "gzip") return createGzip({ level: thorough ? 9 : 6 });
  return createZstdCompress({
    params: {
      [constants.ZSTD_c_compressionLevel]: thorough ? 12 : 3,
      [constants.ZSTD_c_checksumFlag]: 1
    }
  });
}
__name(compressor, "compressor");
var FULL = /no space left|disk quota/i;
var isFull = /* @__PURE__ */ __name((detail) => FULL.test(detail), "isFull");
var BROKEN = /\bEOF\b|connection|cannot connect|closed pipe|broken pipe|timeout|deadline exceeded|daemon running|HTTP status: 5\d\d|temporary failure/i;
var TIMED_OUT = 124;
function mayPass(loaded, detail) {
  if (isFull(detail)) return false;
  if (loaded.status === "rejected") return true;
  if (loaded.value.code === TIMED_OUT) return false;
  return loaded.value.code < 0 || loaded.value.code > 128 || BROKEN.test(detail);
}
__name(mayPass, "mayPass");
function interruption(outcome) {
  return outcome.status === "rejected" ? String(outcome.reason?.message ?? outcome.reason) : "";
}
__name(interruption, "interruption");
function refusal(outcome) {
  if (outcome.status === "rejected") return interruption(outcome);
  const { code, stdout, stderr } = outcome.value;
  if (code === 0) return "";
  return (stderr || stdout).trim() || `docker load ended with ${code}`;
}
__name(refusal, "refusal");
function progressMeter({ length }, { clock, log }) {
  let packed = 0;
  let read2 = 0;
  const started = clock.now().getTime();
  let reported = started;
  const report = /* @__PURE__ */ __name(() => {
    const now = clock.now().getTime();
    if (now - reported < PROGRESS_INTERVAL) return;
    reported = now;
    log.info(`  ${progressLine({ packed, read: read2, length, elapsed: now - started })}`);
  }, "report");
  const count2 = /* @__PURE__ */ __name((add2) => new Transform({
    transform(chunk, _encoding, callback) {
      add2(chunk.length);
      report();
      callback(null, chunk);
    }
  }), "count");
  return {
    before: count2((bytes) => read2 += bytes),
    after: count2((bytes) => packed += bytes),
    bytes: /* @__PURE__ */ __name(() => packed, "bytes")
  };
}
__name(progressMeter, "progressMeter");
function progressLine(at) {
  const share = Math.min(1, at.read / Math.max(1, at.length));
  const rate = `${size(at.packed / Math.max(1, at.elapsed) * 1e3)}/s`;
  const left = share > 0 ? `, about ${duration(at.elapsed * (1 - share) / share)} left` : "";
  return `${size(at.packed)} sent, ${Math.floor(share * 100)} % done, ${rate}${left}`;
}
__name(progressLine, "progressLine");

// src/deploy/transfer/delta/diff.ts
function diff(old, wanted) {
  const steps = [];
  let run;
  const flush = /* @__PURE__ */ __name(() => {
    if (run) steps.push(stepOf(run));
    run = void 0;
  }, "flush");
  let position = 0;
  let copied = 0;
  const found = matches(old, wanted);
  for (const [index, unit] of wanted.entries()) {
    const match = found[index];
    const source = match === void 0 ? void 0 : old[match];
    if (match === void 0 || source === void 0) {
      flush();
      const last = steps.at(-1);
      if (last?.kind === "literal") last.length += unit.length;
      else steps.push({ kind: "literal", length: unit.length });
      continue;
    }
    let skipped = 0;
    for (; position < match; position += 1) skipped += old[position]?.length ?? 0;
    position = match + 1;
    if (skipped > 0) {
      flush();
      steps.push({ kind: "skip", length: skipped });
    }
    copied += unit.length;
    if (run && extend(run, unit, source)) continue;
    flush();
    run = begin(unit, source);
  }
  flush();
  return copied === 0 ? [{ kind: "literal", length: totalLength(wanted) }] : steps;
}
__name(diff, "diff");
var totalLength = /* @__PURE__ */ __name((units) => units.reduce((sum, unit) => sum + unit.length, 0), "totalLength");
var stays = /* @__PURE__ */ __name((unit, source) => unit.stamp === source.stamp, "stays");
function begin(unit, source) {
  return {
    length: unit.length,
    entry: unit.entry,
    stamp: stays(unit, source) ? void 0 : unit.stamp,
    times: unit.stamp
  };
}
__name(begin, "begin");
function extend(run, unit, source) {
  const sameTime = unit.stamp === void 0 || run.times === void 0 || run.times === unit.stamp;
  const asItIs = run.stamp === void 0 && stays(unit, source);
  if (!asItIs && !(sameTime && run.entry)) return false;
  if (!asItIs) run.stamp ??= unit.stamp;
  run.length += unit.length;
  if (unit.stamp !== void 0) run.times = sameTime ? unit.stamp : "mixed";
  return true;
}
__name(extend, "extend");
var stepOf = /* @__PURE__ */ __name(({ length, stamp }) => stamp === void 0 ? { kind: "copy", length } : { kind: "stamp", length, stamp }, "stepOf");
function matches(old, wanted) {
  const places = /* @__PURE__ */ new Map();
  for (const [index, unit] of old.entries()) {
    const key = keyOf(unit);
    const list = places.get(key);
    if (list) list.push(index);
    else places.set(key, [index]);
  }
  const used = /* @__PURE__ */ new Map();
  const candidates2 = wanted.map((unit) => {
    const key = keyOf(unit);
    const turn = used.get(key) ?? 0;
    used.set(key, turn + 1);
    return places.get(key)?.[turn];
  });
  return longestRising(candidates2);
}
__name(matches, "matches");
var keyOf = /* @__PURE__ */ __name((unit) => `${unit.hash} ${unit.length} ${unit.entry ? "e" : ""}${unit.stamp === void 0 ? "" : "t"}`, "keyOf");
function longestRising(values) {
  const ends = [];
  const before = [];
  for (const [index, value] of values.entries()) {
    if (value === void 0) continue;
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = low + high >> 1;
      if ((values[ends[middle] ?? 0] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    before[index] = low === 0 ? void 0 : ends[low - 1];
    ends[low] = index;
  }
  const kept = values.map(() => void 0);
  for (let index = ends.at(-1); index !== void 0; index = before[index]) kept[index] = values[index];
  return kept;
}
__name(longestRising, "longestRising");

// src/deploy/transfer/delta/shelf.ts
import { Readable } from "node:stream";

// src/deploy/transfer/delta/signature.ts
import { gunzipSync, gzipSync } from "node:zlib";
var Signature = object({
  mark: string().regex(/^[0-7]{6}$/),
  /** Negative where the unit goes on with the entry before it. */
  lengths: array(int()),
  /** As differences from the one before; null without one. */
  stamps: array(int().nullable()),
  hashes: base64()
});
var HASH = 6;
var UNPACKED_LIMIT = 16 * 1024 * 1024;
function encodeSignature({ units, mark }) {
  const hashes = Buffer.alloc(units.length * HASH);
  let before = 0;
  const stamps = [];
  for (const [index, { hash, stamp }] of units.entries()) {
    hashes.writeUIntBE(hash, index * HASH, HASH);
    stamps.push(stamp === void 0 ? null : stamp - before);
    before = stamp ?? before;
  }
  const lengths = units.map(({ length, entry }) => entry ? length : -length);
  const signature = { mark, lengths, stamps, hashes: hashes.toString("base64") };
  return gzipSync(JSON.stringify(signature), { level: 9 });
}
__name(encodeSignature, "encodeSignature");
function decodeSignature(bytes) {
  let found;
  try {
    found = Signature.parse(
      JSON.parse(gunzipSync(bytes, { maxOutputLength: UNPACKED_LIMIT }).toString("utf8"))
    );
  } catch {
    return void 0;
  }
  const hashes = Buffer.from(found.hashes, "base64");
  if (hashes.length !== found.lengths.length * HASH || found.stamps.length !== found.lengths.length)
    return void 0;
  let before = 0;
  const units = found.lengths.map((length, index) => {
    const stamp = found.stamps[index];
    const unit = {
      hash: hashes.readUIntBE(index * HASH, HASH),
      length: Math.abs(length),
      entry: length > 0
    };
    if (typeof stamp !== "number") return unit;
    before += stamp;
    return { ...unit, stamp: before };
  });
  return { units, length: totalLength(units), mark: found.mark };
}
__name(decodeSignature, "decodeSignature");

// src/deploy/transfer/delta/shelf.ts
var KEPT = 32;
var LOOK = 6e4;
var hexOf = /* @__PURE__ */ __name((diffId) => diffId.replace(/^sha256:/, ""), "hexOf");
var LIST = `perl -e 1 2>/dev/null && for name in gzip zstd; do command -v "$name"; done
cd -- "$1" 2>/dev/null && ls`;
async function look(target, folder) {
  const listed = await target.query({
    title: "list the signatures of layers",
    argv: ["sh", "-c", LIST, "sh", folder],
    timeout: LOOK
  });
  const lines = listed.stdout.split("\n");
  const can = /* @__PURE__ */ __name((name) => lines.some((line) => line.endsWith(`/${name}`)), "can");
  return {
    has: new Set(lines.filter((line) => /^[0-9a-f]{64}$/.test(line)).map((hex) => `sha256:${hex}`)),
    unpacker: can("zstd") ? "zstd" : can("gzip") ? "gzip" : void 0
  };
}
__name(look, "look");
async function read(target, folder, diffId) {
  const found = await target.query({
    title: "read the signature of a layer",
    argv: ["sh", "-c", 'base64 <"$1/$2"', "sh", folder, hexOf(diffId)],
    timeout: LOOK
  });
  return found.code === 0 ? decodeSignature(Buffer.from(found.stdout, "base64")) : void 0;
}
__name(read, "read");
var WRITE = `umask 077; mkdir -p -- "$1" && cd -- "$1" && cat >"./.$2" && [ "$(wc -c <"./.$2")" -eq "$3" ] && mv -- "./.$2" "./$2"`;
var TIDY = `cd -- "$1" && shift && touch -c -- "$@" && ls -t | tail -n +${KEPT + 1} | while IFS= read -r name; do rm -f -- "./$name"; done; rm -f ./.[0-9a-f]*`;
async function remember(target, folder, has, layers) {
  let bytes = 0;
  for (const [diffId, units] of layers) {
    if (has.has(diffId)) continue;
    const signature = encodeSignature(units);
    const words = [folder, hexOf(diffId), String(signature.length)];
    await target.pipe(
      { title: "leave the signature of a layer", argv: ["sh", "-c", WRITE, "sh", ...words], timeout: LOOK },
      Readable.from([signature], { objectMode: false })
    );
    bytes += signature.length;
  }
  if (bytes > 0) {
    const names = [...layers.keys()].map(hexOf);
    await target.query({
      title: "remove the oldest signatures of layers",
      argv: ["sh", "-c", TIDY, "sh", folder, ...names],
      timeout: LOOK
    });
  }
  return bytes;
}
__name(remember, "remember");

// src/deploy/transfer/delta/index.ts
var WORTHWHILE = 8 * 1024 * 1024;
var CANDIDATES = 2;
async function findDelta(reference, shipment, leaveOut, { target, folder, shelf, log }) {
  const wanted = newLayers(shipment, leaveOut);
  if (wanted.length === 0) return void 0;
  const { unpacker } = shelf;
  if (unpacker === void 0) {
    log.info(`${reference}: layers are sent whole, because ${target.name} has no perl or no gzip`);
    return void 0;
  }
  const images = await target.engine.images();
  let best;
  for (const { path, units, position } of wanted) {
    const own = new Set(shipment.images.flatMap(({ layers }) => layers.map(({ diffId }) => diffId)));
    for (const { image, diffId } of candidates(reference, images, position, shelf.has, own)) {
      const old = await read(target, folder, diffId);
      if (old === void 0) continue;
      const steps = diff(old.units, units.units);
      const spared = steps.reduce(
        (sum, { kind, length }) => kind === "copy" || kind === "stamp" ? sum + length : sum,
        0
      );
      if (spared < Math.max(WORTHWHILE, units.length / 2, best?.spared ?? 0)) continue;
      const base = { image: image.references[0] ?? image.id, length: old.length, mark: old.mark };
      best = { path, base, steps, spared, unpacker, reads: image.size };
    }
  }
  return best;
}
__name(findDelta, "findDelta");
function newLayers(shipment, leaveOut) {
  const found = [];
  for (const [position, { path }] of (shipment.images[0]?.layers ?? []).entries()) {
    const units = shipment.units.get(path);
    if (units === void 0 || leaveOut.has(path) || units.length < WORTHWHILE) continue;
    found.push({ path, units, position });
  }
  return found;
}
__name(newLayers, "newLayers");
function candidates(reference, images, position, known, own) {
  const name = reference.slice(0, reference.lastIndexOf(":"));
  const foreign = /* @__PURE__ */ __name(({ references }) => references.some((one) => one.startsWith(`${name}:`)) ? 0 : 1, "foreign");
  const byLikeness = images.toSorted(
    (a, b) => foreign(a) - foreign(b) || Date.parse(b.created) - Date.parse(a.created)
  );
  const found = /* @__PURE__ */ new Map();
  for (const image of byLikeness) {
    const near = image.layers.map((diffId, index) => ({ diffId, distance: Math.abs(index - position) })).toSorted((a, b) => a.distance - b.distance);
    for (const { diffId } of near) {
      if (known.has(diffId) && !own.has(diffId) && !found.has(diffId)) found.set(diffId, { image, diffId });
    }
  }
  return [...found.values()].slice(0, CANDIDATES);
}
__name(candidates, "candidates");

// src/deploy/transfer/layers.ts
import { createHash as createHash4 } from "node:crypto";
function chainIds(diffIds) {
  const chain = [];
  for (const diffId of diffIds) {
    const parent = chain.at(-1);
    chain.push(
      parent === void 0 ? diffId : `sha256:${createHash4("sha256").update(`${parent} ${diffId}`).digest("hex")}`
    );
  }
  return chain;
}
__name(chainIds, "chainIds");
function unneededLayers(images, serverLayers) {
  const present = new Set(serverLayers.flatMap((diffIds) => chainIds(diffIds)));
  const needed = /* @__PURE__ */ new Set();
  const all = /* @__PURE__ */ new Set();
  for (const image of images) {
    const chain = chainIds(image.layers.map((layer) => layer.diffId));
    for (const [index, layer] of image.layers.entries()) {
      all.add(layer.path);
      if (!present.has(chain[index] ?? "")) needed.add(layer.path);
    }
  }
  return new Set([...all].filter((path) => !needed.has(path)));
}
__name(unneededLayers, "unneededLayers");
function presentBlobs(images, serverBlobs) {
  return new Set(
    images.flatMap((image) => image.layers.map((layer) => layer.path)).filter((path) => serverBlobs.has(path))
  );
}
__name(presentBlobs, "presentBlobs");
function imagesThatCover(images, diffIds) {
  const wanted = new Set(diffIds);
  const gain = /* @__PURE__ */ __name((image) => new Set(image.layers.filter((layer) => wanted.has(layer))).size, "gain");
  const chosen = [];
  for (; ; ) {
    const best = images.reduce(
      (found, image) => gain(image) > (found ? gain(found) : 0) ? image : found,
      void 0
    );
    if (best === void 0) return chosen;
    chosen.push(best);
    for (const layer of best.layers) wanted.delete(layer);
  }
}
__name(imagesThatCover, "imagesThatCover");

// src/deploy/transfer/presence.ts
function presenceOn(target, store) {
  return async (image) => {
    const images = await target.engine.images();
    if (store === "classic") {
      return unneededLayers(
        [image],
        images.map((one) => one.layers)
      );
    }
    const covering = imagesThatCover(
      images,
      image.layers.map((layer) => layer.diffId)
    );
    return presentBlobs([image], await blobsOf(covering, target));
  };
}
__name(presenceOn, "presenceOn");
var BLOB = /^blobs\/sha256\/[0-9a-f]{64}$/;
async function blobsOf(images, target) {
  if (images.length === 0) return /* @__PURE__ */ new Set();
  const names = images.map((image) => image.references[0] ?? image.id);
  const listed = await target.query({
    title: "list the layers that the server has",
    argv: ["sh", "-c", 'docker save -- "$@" | tar -tf -', "sh", ...names],
    timeout: 12e4
  });
  return new Set(listed.stdout.split("\n").filter((line) => BLOB.test(line)));
}
__name(blobsOf, "blobsOf");

// src/deploy/transfer/pull.ts
import { Readable as Readable4 } from "node:stream";

// src/deploy/transfer/send.ts
import { Readable as Readable3 } from "node:stream";

// src/deploy/transfer/delta/instructions.ts
async function* instructions(archive, path, steps) {
  const header = Buffer.alloc(HEADER);
  let filled = 0;
  let contentLeft = 0;
  const plan = { steps, index: 0, done: 0 };
  let inLayer = false;
  for await (const chunk of archive) {
    for (let at = 0; at < chunk.length; ) {
      const begins = contentLeft === 0;
      const piece = chunk.subarray(at, at + (begins ? HEADER - filled : contentLeft));
      at += piece.length;
      if (!begins) {
        contentLeft -= piece.length;
        yield* inLayer ? follow(plan, piece) : literal(piece);
        continue;
      }
      yield* literal(piece);
      filled += piece.copy(header, filled);
      if (filled < HEADER) continue;
      filled = 0;
      contentLeft = contentLength(header);
      inLayer = nameOf(header) === path;
    }
  }
  if (steps.slice(plan.index).some(({ kind }) => kind !== "skip"))
    throw new Error("the image archive does not have the layer that was compared");
  yield Buffer.from("e 0\n");
}
__name(instructions, "instructions");
function* follow(plan, content) {
  for (let at = 0; at < content.length; ) {
    const step = plan.steps[plan.index];
    if (step === void 0) return yield* literal(content.subarray(at));
    if (plan.done === 0 && step.kind !== "literal") yield Buffer.from(lineOf(step));
    if (step.kind !== "skip") {
      const piece = content.subarray(at, at + step.length - plan.done);
      if (step.kind === "literal") yield* literal(piece);
      at += piece.length;
      plan.done += piece.length;
      if (plan.done < step.length) continue;
    }
    plan.index += 1;
    plan.done = 0;
  }
}
__name(follow, "follow");
function* literal(bytes) {
  yield Buffer.from(`l ${bytes.length}
`);
  yield bytes;
}
__name(literal, "literal");
function lineOf(step) {
  if (step.kind === "copy") return `c ${step.length}
`;
  if (step.kind === "skip") return `s ${step.length}
`;
  return `t ${step.length} ${step.stamp.toString(8).padStart(11, "0")}
`;
}
__name(lineOf, "lineOf");
var nameOf = /* @__PURE__ */ __name((header) => header.toString("latin1", 0, 100).replace(/\0[^]*$/, ""), "nameOf");

// src/deploy/transfer/delta/patcher.ts
var PATCHER = String.raw`
use strict; use warnings;
my ($length, $mark) = @ARGV;
open(my $image, '<&=', 4) or die "delta: no image to read\n";
binmode $_ for $image, *STDIN, *STDOUT;
my $held = '';
sub take {
  my ($from, $n, $what) = @_;
  my $got = read($from, my $bytes, $n);
  die "delta: $what ended early\n" unless defined $got && $got == $n;
  return $bytes;
}
sub old {
  my ($n) = @_;
  my $bytes = substr($held, 0, $n, '');
  $bytes .= take($image, $n - length $bytes, 'the image of the server') if length $bytes < $n;
  return $bytes;
}
sub put { print { *STDOUT } $_[0] or die "delta: cannot write: $!\n" }
sub copy {
  my ($n, $source, $sink) = @_;
  while ($n > 0) {
    my $some = $n < 65536 ? $n : 65536;
    $sink->($source->($some));
    $n -= $some;
  }
}
sub content { return $_[0] =~ /^.{124}([0-7]{11})/s ? int((oct($1) + 511) / 512) * 512 : 0 }
my $void = sub {};
for (;;) {
  my $header = old(512);
  my $left = content($header);
  if ($left >= 512 && $left == int(($length + 511) / 512) * 512) {
    $held = old(512);
    last if substr($held, 148, 6) eq $mark;
  }
  copy($left, \&old, $void);
}
my $given = sub { take(*STDIN, $_[0], 'the stream') };
my $ended = 0;
while (defined(my $line = <STDIN>)) {
  my ($what, $n, $time) = $line =~ /^([lcste]) ([0-9]+)(?: ([0-7]{11}))?\n\z/ or die "delta: no instruction\n";
  if ($what eq 'l') { copy($n, $given, \&put) }
  elsif ($what eq 'c') { copy($n, \&old, \&put) }
  elsif ($what eq 's') { copy($n, \&old, $void) }
  elsif ($what eq 'e') { $ended = 1; last }
  else {
    while ($n > 0) {
      my $header = old(512);
      if (substr($header, 156, 1) !~ /[xgLK]/ && substr($header, 136, 20) =~ /^([0-7]{11})[\0 ]([0-7]{6})[\0 ]{2}/) {
        my $sum = oct($2) - unpack('%32C*', $1) + unpack('%32C*', $time);
        substr($header, 136, 11) = $time;
        substr($header, 148, 6) = sprintf('%06o', $sum);
      }
      put($header);
      $n -= 512;
      my $left = content($header);
      $left = $n if $left > $n;
      copy($left, \&old, \&put);
      $n -= $left;
    }
  }
}
$ended or die "delta: the stream ended early\n";
close(STDOUT) or die "delta: cannot write: $!\n";
`;
var REBUILD = `exec 3<&0
docker save -- "$1" </dev/null | { exec 4<&0; "$5" -dc <&3 | perl -e "$4" "$2" "$3"; } | docker load`;
function rebuildCommand(reference, base, unpacker) {
  const words = [base.image, String(base.length), base.mark, PATCHER, unpacker];
  return { title: `rebuild ${reference}`, argv: ["sh", "-c", REBUILD, "sh", ...words] };
}
__name(rebuildCommand, "rebuildCommand");

// src/deploy/transfer/repack.ts
var import_tar_stream2 = __toESM(require_tar_stream(), 1);
import { Readable as Readable2 } from "node:stream";
function repack(archive, shipment, leaveOut) {
  const entries = entriesOf(archive);
  const output = (0, import_tar_stream2.pack)();
  const copy = /* @__PURE__ */ __name(async () => {
    for (const { name, content } of shipment.added)
      await add(output, { name, size: content.length }, content);
    const seen = /* @__PURE__ */ new Set();
    for await (const entry of entries) {
      const { header } = entry;
      const name = shipment.renamed ? shipment.renamed.get(header.name) : header.name;
      if (name === void 0 || leaveOut.has(name) || shipment.renamed && seen.has(name)) {
        entry.resume();
        continue;
      }
      seen.add(name);
      if (header.type !== "file") {
        await add(output, header);
        entry.resume();
        continue;
      }
      await copyEntry(output, { ...header, name }, entry);
    }
    if (!archive.readableEnded) throw new Error("the image archive ended early");
    output.finalize();
  }, "copy");
  copy().catch((error) => output.destroy(error instanceof Error ? error : new Error(String(error))));
  return Readable2.from(output, { objectMode: false });
}
__name(repack, "repack");
function add(output, header, content) {
  return new Promise((resolve, reject) => {
    const done = /* @__PURE__ */ __name((error) => error ? reject(error) : resolve(), "done");
    if (content === void 0) output.entry(header, done);
    else output.entry(header, content, done);
  });
}
__name(add, "add");
function fromKept({ sizes, kept }, leaveOut) {
  const names = [...sizes.keys()].filter((name) => !leaveOut.has(name));
  if (!names.every((name) => kept.has(name))) return void 0;
  const output = (0, import_tar_stream2.pack)();
  for (const name of names) output.entry({ name }, kept.get(name) ?? Buffer.alloc(0));
  output.finalize();
  return Readable2.from(output, { objectMode: false });
}
__name(fromKept, "fromKept");
async function copyEntry(output, header, content) {
  const { promise: written, resolve, reject } = Promise.withResolvers();
  written.catch(() => void 0);
  const sink = output.entry(header, (error) => error ? reject(error) : resolve(void 0));
  sink.on("error", () => void 0);
  for await (const part of content) {
    if (sink.write(part)) continue;
    const drained = Promise.withResolvers();
    sink.once("drain", () => drained.resolve(void 0));
    await Promise.race([written, drained.promise]);
  }
  sink.end(void 0);
  await written;
}
__name(copyEntry, "copyEntry");

// src/deploy/transfer/room.ts
var UNPACKED = 4;
var SLACK = 16 * 1024 * 1024;
var CONTAINERD_ROOT = "/var/lib/containerd";
function roomNeeded(shipment, leaveOut) {
  let bytes = SLACK;
  for (const [path, length] of shipment.sizes) {
    if (leaveOut.has(path)) continue;
    bytes += length + length * (shipment.compressed.has(path) ? UNPACKED : 1);
  }
  return bytes;
}
__name(roomNeeded, "roomNeeded");
async function freeRoom(target, { dataRoot, store }) {
  const places = [{ path: dataRoot, free: await target.freeDisk(dataRoot) }];
  if (store === "containerd") {
    const free = await target.freeDisk(CONTAINERD_ROOT).catch(() => void 0);
    if (free !== void 0) places.push({ path: CONTAINERD_ROOT, free });
  }
  return places.reduce((least, place) => place.free < least.free ? place : least);
}
__name(freeRoom, "freeRoom");
async function checkRoom(reference, need, target, server) {
  const { path, free } = await freeRoom(target, server);
  if (free >= need) return;
  throw new AutopilotError("TRANSFER_FAILED", {
    what: `There is no room for ${reference} on ${target.name}: ${size(need)} needed, ${size(free)} free on ${path}`,
    why: "Loading an image takes its size twice: as it arrives, and unpacked. Nothing was sent.",
    fix: "Free space on the server: `docker system df` shows what uses it."
  });
}
__name(checkRoom, "checkRoom");

// src/deploy/transfer/send.ts
var PAUSES = [2e3, 8e3];
var ALIVE = 2e4;
async function send(reference, what, route) {
  const { target, server, effects } = route;
  const { shipment, leaveOut, delta } = what;
  const { clock, log, signal } = effects;
  await checkRoom(reference, roomNeeded(shipment, leaveOut), target, server);
  const load = delta ? { command: rebuildCommand(reference, delta.base, delta.unpacker), compression: delta.unpacker } : {
    command: { title: `load ${reference}`, argv: ["docker", "load"] },
    compression: takesZstd(server.engine) ? "zstd" : "gzip"
  };
  let bytes = 0;
  for (let tries = 0; ; tries += 1) {
    log.info(announcement(reference, what, target));
    const started = clock.now().getTime();
    const parcel = { ...load, length: bytesOf(what), ...contentOf(reference, what, effects) };
    const outcome = await attempt(parcel, target, { clock, log, ...signal ? { signal } : {} });
    bytes += outcome.bytes;
    const proven = outcome.loaded ? await prove(reference, what.ids, route) : outcome.detail;
    if (proven === "") {
      const took = clock.now().getTime() - started;
      log.info(`Sent ${size(outcome.bytes)} in ${duration(took)}: ${reference} is on ${target.name}, proven`);
      return { ...outcome, bytes };
    }
    const pause = PAUSES[tries];
    if (delta || !outcome.passing || pause === void 0)
      return { ...outcome, bytes, loaded: false, detail: proven };
    await stillConnected(reference, target, proven);
    log.warning(`${reference}: the transfer broke off (${proven}); again in ${duration(pause)}`);
    await clock.sleep(pause, signal);
  }
}
__name(send, "send");
function contentOf(reference, what, effects) {
  const { shipment, leaveOut, delta } = what;
  const kept = fromKept(shipment, leaveOut);
  const saved = kept ? void 0 : effects.saveImages([reference]);
  const archive = kept ?? repack(saved.archive, shipment, leaveOut);
  const content = delta ? Readable3.from(instructions(archive, delta.path, delta.steps), { objectMode: false }) : archive;
  const giveUp = /* @__PURE__ */ __name(() => {
    saved?.archive.destroy();
    archive.destroy();
    content.destroy();
  }, "giveUp");
  return { content, finished: saved?.finished ?? Promise.resolve(), giveUp };
}
__name(contentOf, "contentOf");
function announcement(reference, what, target) {
  const { shipment, leaveOut, delta } = what;
  const layers = new Set(shipment.images.flatMap((image) => image.layers.map((layer) => layer.path))).size;
  const without = leaveOut.size > 0 ? `, without the ${count(leaveOut.size, "layer")} of ${layers} that it has` : "";
  const part = delta ? `, one layer as what differs from one of ${delta.base.image}` : "";
  return `Sending ${reference} to ${target.name}${without}${part}: ${size(bytesOf(what))} before compression`;
}
__name(announcement, "announcement");
function bytesOf({ shipment: { sizes }, leaveOut, delta }) {
  let bytes = -(delta?.spared ?? 0);
  for (const [path, length] of sizes) if (!leaveOut.has(path)) bytes += length;
  return bytes;
}
__name(bytesOf, "bytesOf");
async function prove(reference, ids, { target, effects }) {
  const found = await look2(reference, target, effects);
  if (found === void 0) return "docker load succeeded, but there is no such image";
  if (!ids.includes(found.id)) return `what arrived is ${found.id}, which is not the image that was sent`;
  const created = await target.query(proveImage(reference));
  return created.code === 0 ? "" : `no container can be created from it: ${created.stderr.trim() || created.code}`;
}
__name(prove, "prove");
async function look2(reference, target, { clock, signal }) {
  for (let left = 4; ; left -= 1) {
    try {
      return await target.engine.image(reference);
    } catch (error) {
      if (left === 0) throw error;
      await clock.sleep(500, signal);
    }
  }
}
__name(look2, "look");
async function stillConnected(reference, target, detail) {
  try {
    const alive = await target.query({ title: "is the connection alive", argv: ["true"], timeout: ALIVE });
    if (alive.code === 0) return;
  } catch (cause) {
    throw transferFailed(reference, target, cause.message);
  }
  throw transferFailed(reference, target, detail);
}
__name(stillConnected, "stillConnected");
function transferFailed(reference, target, detail) {
  return new AutopilotError("TRANSFER_FAILED", {
    what: `${reference} could not be brought to ${target.name}`,
    why: detail,
    fix: "Look at the disk and the Docker engine of the server; nothing that serves was changed."
  });
}
__name(transferFailed, "transferFailed");
function otherImage(reference, target) {
  return new AutopilotError("TRANSFER_FAILED", {
    what: `${reference} is another image on ${target.name} already`,
    why: "A tag that is there is never moved: it may be what serves, or what a rollback needs. Nothing that serves was changed.",
    fix: "Run the workflow again: the image is then built under a tag of its own."
  });
}
__name(otherImage, "otherImage");

// src/deploy/transfer/pull.ts
var PULL_LIMIT = 30 * 6e4;
var LIMIT2 = 6e4;
async function pullThere(reference, digest, held, route) {
  const { target } = route;
  const docker = /* @__PURE__ */ __name((title, args, timeout = LIMIT2) => ({
    title,
    argv: ["docker", ...args],
    timeout
  }), "docker");
  await pull(docker(`pull ${digest}`, ["pull", "--quiet", digest], PULL_LIMIT), reference, route);
  try {
    if (held !== void 0 && held.id !== (await target.engine.image(digest))?.id)
      throw otherImage(reference, target);
    await must(docker(`tag ${reference}`, ["tag", digest, reference]), target);
    await must(proveImage(reference), target);
  } finally {
    await target.query(docker(`untag ${digest}`, ["image", "rm", "--no-prune", digest]));
  }
}
__name(pullThere, "pullThere");
async function pull(command, reference, { target, effects }) {
  const { clock, log, signal } = effects;
  for (let tries = 0; ; tries += 1) {
    const [outcome] = await Promise.allSettled([target.pipe(command, Readable4.from([]), signal)]);
    signal?.throwIfAborted();
    if (outcome.status === "fulfilled" && outcome.value.code === 0) return;
    const detail = outcome.status === "fulfilled" ? wordsOf(outcome.value) : String(outcome.reason);
    const pause = PAUSES[tries];
    if (pause === void 0 || !mayPass(outcome, detail)) throw pullFailed(command, target, detail);
    await stillConnected(reference, target, detail);
    log.warning(`${reference}: the pull broke off (${detail}); again in ${duration(pause)}`);
    await clock.sleep(pause, signal);
  }
}
__name(pull, "pull");
async function must(command, target) {
  const done = await target.query(command);
  if (done.code !== 0) throw pullFailed(command, target, wordsOf(done));
}
__name(must, "must");
var wordsOf = /* @__PURE__ */ __name(({ stdout, stderr, code }) => (stderr || stdout).trim() || `it ended with exit code ${code}`, "wordsOf");
var pullFailed = /* @__PURE__ */ __name((command, target, why) => new AutopilotError("TRANSFER_FAILED", {
  what: `${target.name} could not ${command.title}`,
  why,
  fix: "Check that the server reaches the registry and is logged in to it (once, `docker login` as the user of the deployment), or leave `build.registry` out."
}), "pullFailed");

// src/deploy/transfer/index.ts
async function transfer(images, target, effects) {
  const total = { bytes: 0, each: {}, warnings: [] };
  const distinct = [...new Map(images.map((image) => [image.reference, image])).values()];
  if (distinct.length === 0) return total;
  const server = await target.engine.info();
  const route = { target, server, presence: presenceOn(target, server.store), effects };
  for (const image of distinct) {
    const sent = await bring(image, route);
    total.bytes += sent.bytes;
    total.each[image.reference] = sent.bytes;
    total.warnings.push(...sent.warnings);
  }
  return total;
}
__name(transfer, "transfer");
async function bring(image, route) {
  const { target, effects } = route;
  const { log } = effects;
  const there = /* @__PURE__ */ __name(() => log.info(`${image.reference} is on ${target.name} already`), "there");
  const nothing = { bytes: 0, warnings: [] };
  const held = await target.engine.image(image.reference);
  const isThere = /* @__PURE__ */ __name(async (ids2) => held !== void 0 && ids2.includes(held.id) && (await target.query(proveImage(image.reference))).code === 0, "isThere");
  if (await isThere([image.id])) {
    there();
    return nothing;
  }
  if (image.pull !== void 0) {
    await pullThere(image.reference, image.pull, held, route);
    log.info(`${target.name} pulled ${image.pull}, proven as ${image.reference}`);
    return nothing;
  }
  const shipment = await describe(image.reference, effects);
  const ids = [image.id, ...shipment.images.flatMap((described2) => described2.ids)];
  if (await isThere(ids)) {
    there();
    return nothing;
  }
  if (held !== void 0 && !ids.includes(held.id)) throw otherImage(image.reference, target);
  const [described] = shipment.images;
  const leaveOut = described ? await route.presence(described) : /* @__PURE__ */ new Set();
  const what = { shipment, leaveOut, ids, known: held !== void 0 };
  const layers = comparable(shipment);
  const folder = layers.size > 0 ? effects.signatures : void 0;
  if (folder === void 0) return ship(image.reference, what, route);
  const shelf = await look(target, folder);
  const delta = await deltaFor(image.reference, what, { folder, shelf }, route);
  const sent = await shipDelta(image.reference, delta ? { ...what, delta } : what, route);
  const left = await remember(target, folder, shelf.has, layers).catch((error) => {
    log.debug(`No signatures were left on ${target.name}: ${String(error)}`);
    return 0;
  });
  return { ...sent, bytes: sent.bytes + left };
}
__name(bring, "bring");
function comparable({ images, units }) {
  const found = /* @__PURE__ */ new Map();
  for (const { path, diffId } of images.flatMap(({ layers }) => layers)) {
    const layer = units.get(path);
    if (layer) found.set(diffId, layer);
  }
  return found;
}
__name(comparable, "comparable");
async function deltaFor(reference, { shipment, leaveOut }, { folder, shelf }, { target, server, effects: { log } }) {
  const delta = await findDelta(reference, shipment, leaveOut, { target, folder, shelf, log });
  if (delta === void 0) return void 0;
  const reads = server.store === "classic" ? delta.reads : 0;
  const { path, free } = await freeRoom(target, server);
  if (free >= roomNeeded(shipment, leaveOut) + reads) return delta;
  log.info(
    `${reference}: a layer is sent whole, because reading the one that ${target.name} has takes ${size(reads)} more on ${path}, where ${size(free)} are free`
  );
  return void 0;
}
__name(deltaFor, "deltaFor");
async function shipDelta(reference, what, route) {
  const { delta, ...whole } = what;
  if (delta === void 0) return ship(reference, whole, route);
  const rebuilt = await send(reference, what, route);
  if (rebuilt.loaded) return { bytes: rebuilt.bytes, warnings: [] };
  const warning = `${reference}: sent with its whole layers, because ${route.target.name} could not rebuild one from what it has (${rebuilt.detail})`;
  route.effects.log.warning(warning);
  const sent = await ship(reference, whole, route);
  return { bytes: rebuilt.bytes + sent.bytes, warnings: [warning, ...sent.warnings] };
}
__name(shipDelta, "shipDelta");
async function ship(reference, what, route) {
  const { target, effects } = route;
  const partial = await send(reference, what, route);
  if (partial.loaded) return { bytes: partial.bytes, warnings: [] };
  if (what.leaveOut.size === 0 || partial.passing || isFull(partial.detail))
    return notBrought(reference, what, route, partial.detail);
  const warning = `${reference}: sent again in full, because ${target.name} could not use it without the layers it said it has (${partial.detail})`;
  effects.log.warning(warning);
  const full = await send(reference, { ...what, leaveOut: /* @__PURE__ */ new Set() }, route);
  if (!full.loaded) return notBrought(reference, what, route, full.detail);
  return { bytes: partial.bytes + full.bytes, warnings: [warning] };
}
__name(ship, "ship");
async function describe(reference, effects) {
  const { signal } = effects;
  signal?.throwIfAborted();
  const { archive, finished: finished2 } = effects.saveImages([reference]);
  const stop = /* @__PURE__ */ __name(() => void archive.destroy(), "stop");
  signal?.addEventListener("abort", stop, { once: true });
  const [described, saved] = await Promise.allSettled([describeArchive(archive), finished2]);
  signal?.removeEventListener("abort", stop);
  signal?.throwIfAborted();
  if (saved.status === "rejected") {
    throw new AutopilotError("TRANSFER_FAILED", {
      what: `${reference} could not be read from the engine of this runner`,
      why: saved.reason.message,
      fix: "Run the build stage in the same job; check the disk of the runner."
    });
  }
  if (described.status === "rejected") throw described.reason;
  return described.value;
}
__name(describe, "describe");
async function notBrought(reference, { known }, { target }, detail) {
  const remove = {
    title: `remove what is not ${reference}`,
    argv: ["docker", "image", "rm", "--force", reference]
  };
  if (!known) await target.query(remove).catch(() => void 0);
  throw transferFailed(reference, target, detail);
}
__name(notBrought, "notBrought");
export {
  transfer
};
