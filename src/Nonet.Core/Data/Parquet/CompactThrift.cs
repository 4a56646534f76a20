namespace Nonet.Data.Parquet;

/// <summary>
/// Reads Thrift's compact protocol, the format of Parquet's metadata. It never reads beyond the given bytes; invalid bytes throw an
/// <see cref="InvalidDataException"/>.
/// </summary>
ref struct CompactThrift(ReadOnlySpan<byte> data)
{
    public const int True = 1, False = 2, I32 = 5, I64 = 6, Binary = 8, List = 9, Struct = 12;
    const int Byte = 3, Double = 7, Set = 10, Map = 11, Deepest = 32;

    readonly ReadOnlySpan<byte> data = data;
    int depth;

    /// <summary>Number of bytes read.</summary>
    public int At { get; private set; }

    /// <summary>Reads the next field of a struct. Returns false at the end of the struct.</summary>
    /// <param name="id">Number of the previous field, 0 at the beginning; receives the number of this field.</param>
    /// <param name="type">Receives its type.</param>
    public bool Next(ref int id, out int type)
    {
        var head = OneByte();
        type = head & 15;
        if (head == 0)
            return false;
        id = head >> 4 is > 0 and var more ? id + more : (int)Integer();
        return true;
    }

    byte OneByte() => At < data.Length ? data[At++] : throw Short();

    static InvalidDataException Short() => new("metadata that ends too early");

    public ulong Unsigned()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var b = OneByte();
            value |= (ulong)(b & 127) << shift;
            if (b < 128)
                return value;
        }
        throw new InvalidDataException("a number in the metadata that is too long");
    }

    /// <summary>Reads an integer of any width.</summary>
    public long Integer() => Unsigned() is var n ? (long)(n >> 1) ^ -(long)(n & 1) : 0;

    public ReadOnlySpan<byte> Bytes()
    {
        var length = Unsigned();
        if (length > (ulong)(data.Length - At))
            throw Short();
        At += (int)length;
        return data[(At - (int)length)..At];
    }

    /// <summary>Reads the number of elements of a list, which is at most the number of remaining bytes.</summary>
    public int Elements(out int type)
    {
        var head = OneByte();
        type = head & 15;
        var count = head >> 4 is < 15 and var few ? (ulong)few : Unsigned();
        return count <= (ulong)(data.Length - At) ? (int)count : throw Short();
    }

    public void Skip(int type)
    {
        if (++depth > Deepest)
            throw new InvalidDataException("metadata nested too deeply");
        switch (type)
        {
            case True or False:
                break;
            case Byte:
                OneByte();
                break;
            case 4 or I32 or I64:
                Unsigned();
                break;
            case Double:
                if (data.Length - At < 8)
                    throw Short();
                At += 8;
                break;
            case Binary:
                Bytes();
                break;
            case List or Set:
                for (var left = Elements(out var element); left > 0; left--)
                    Skip(element is True or False ? Byte : element);
                break;
            case Map:
                var count = Unsigned();
                if (count > (ulong)(data.Length - At))
                    throw Short();
                var kinds = count > 0 ? OneByte() : 0;
                for (; count > 0; count--)
                {
                    Skip(kinds >> 4 is True or False ? Byte : kinds >> 4);
                    Skip((kinds & 15) is True or False ? Byte : kinds & 15);
                }
                break;
            case Struct:
                for (var id = 0; Next(ref id, out var field);)
                    Skip(field);
                break;
            default:
                throw new InvalidDataException($"metadata with an unknown type {type}");
        }
        depth--;
    }
}
