/**
 * Thrift's binary protocol, as far as the SQL warehouse needs it: reads a call, writes a reply
 * (https://github.com/apache/thrift/blob/master/doc/specs/thrift-binary-protocol.md).
 */
export type ThriftValue =
  | { readonly bool: boolean }
  | { readonly i32: number }
  | { readonly i64: number }
  | { readonly binary: string | Uint8Array }
  | { readonly list: readonly ThriftValue[]; readonly of: keyof typeof types }
  | { readonly struct: ThriftStruct };

/** Fields by their number. */
export type ThriftStruct = Readonly<Record<number, ThriftValue>>;

/** A field of a call: bytes of strings stay bytes. */
export type Decoded = boolean | number | bigint | Buffer | readonly Decoded[] | ReadonlyMap<number, Decoded>;

export interface ThriftCall {
  readonly name: string;
  readonly sequence: number;
  /** The members of its only argument, the request. */
  readonly request: ReadonlyMap<number, Decoded>;
}

const types = { bool: 2, i32: 8, i64: 10, binary: 11, struct: 12, list: 15 } as const;
const version = 0x80010000;
const messageTypes = { call: 1, reply: 2 };

/** Reads a call. Throws when the bytes are not one. */
export function readCall(body: Buffer): ThriftCall {
  const reader = new Reader(body);
  if (reader.i32() >>> 0 !== version + messageTypes.call) throw new Error("This is not a Thrift call.");
  const name = reader.bytes().toString();
  const sequence = reader.i32();
  const argument = reader.struct().get(1);
  if (!(argument instanceof Map)) throw new Error(`The Thrift call ${name} has no request.`);
  return { name, sequence, request: argument };
}

/** Writes the reply to a call. */
export function writeReply({ name, sequence }: ThriftCall, response: ThriftStruct): Buffer {
  const head = [i32((version + messageTypes.reply) | 0), bytes(name), i32(sequence)];
  return Buffer.concat([...head, write({ struct: { 0: { struct: response } } })]);
}

class Reader {
  readonly #body: Buffer;
  #at = 0;

  constructor(body: Buffer) {
    this.#body = body;
  }

  i32(): number {
    return this.#take(4).readInt32BE();
  }

  bytes(): Buffer {
    return this.#take(this.i32());
  }

  struct(): Map<number, Decoded> {
    const fields = new Map<number, Decoded>();
    for (let type = this.#byte(); type !== 0; type = this.#byte()) {
      const id = this.#take(2).readInt16BE();
      fields.set(id, this.#value(type));
    }
    return fields;
  }

  #value(type: number): Decoded {
    switch (type) {
      case types.bool:
        return this.#byte() === 1;
      case 3:
        return this.#byte();
      case 4:
        return this.#take(8).readDoubleBE();
      case 6:
        return this.#take(2).readInt16BE();
      case types.i32:
        return this.i32();
      case types.i64:
        return this.#take(8).readBigInt64BE();
      case types.binary:
        return this.bytes();
      case types.struct:
        return this.struct();
      case 13:
        return this.#map();
      case 14:
      case types.list: {
        const element = this.#byte();
        return Array.from({ length: this.i32() }, () => this.#value(element));
      }
      default:
        throw new Error(`Thrift type ${type} is not known.`);
    }
  }

  /** As pairs: no call needs what is in them. */
  #map(): Decoded {
    const [key, value] = [this.#byte(), this.#byte()];
    return Array.from({ length: this.i32() }, () => [this.#value(key), this.#value(value)]);
  }

  #byte(): number {
    return this.#take(1).readUInt8();
  }

  #take(length: number): Buffer {
    const part = this.#body.subarray(this.#at, this.#at + length);
    if (length < 0 || part.length < length) throw new Error("The Thrift message is cut off.");
    this.#at += length;
    return part;
  }
}

function typeOf(value: ThriftValue): number {
  const kind = (["bool", "i32", "i64", "binary", "list", "struct"] as const).find((name) => name in value);
  if (kind === undefined) throw new Error("This value has no Thrift type.");
  return types[kind];
}

function write(value: ThriftValue): Buffer {
  if ("bool" in value) return Buffer.from([value.bool ? 1 : 0]);
  if ("i32" in value) return i32(value.i32);
  if ("i64" in value) {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64BE(BigInt(value.i64));
    return buffer;
  }
  if ("binary" in value) return bytes(value.binary);
  if ("list" in value) {
    return Buffer.concat([Buffer.from([types[value.of]]), i32(value.list.length), ...value.list.map(write)]);
  }
  const fields = Object.entries(value.struct).map(([id, field]) => {
    const head = Buffer.from([typeOf(field), 0, 0]);
    head.writeInt16BE(Number(id), 1);
    return Buffer.concat([head, write(field)]);
  });
  return Buffer.concat([...fields, Buffer.from([0])]);
}

function i32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
}

function bytes(value: string | Uint8Array): Buffer {
  const content = Buffer.from(value as string);
  return Buffer.concat([i32(content.length), content]);
}
