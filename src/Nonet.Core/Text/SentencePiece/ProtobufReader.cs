using System.Buffers.Binary;
using System.Text;
using Nonet.Files;

namespace Nonet.Text.SentencePiece;

/// <summary>
/// Reads the fields of a Protocol Buffers message. Data beyond the message or of another type throws a
/// <see cref="MalformedFileException"/>.
/// </summary>
ref struct ProtobufReader(ReadOnlySpan<byte> message, string file, string path)
{
    const int Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5;

    readonly ReadOnlySpan<byte> message = message;
    int at = 0, wire = 0;
    ulong number = 0;
    ReadOnlySpan<byte> content = default;

    /// <summary>Number of the field that <see cref="Next"/> found.</summary>
    public int Field { get; private set; } = 0;

    /// <summary>Moves to the next field. Returns false at the end.</summary>
    public bool Next()
    {
        if (at == message.Length)
            return false;
        var tag = ReadVarint();
        (Field, wire) = ((int)(tag >> 3), (int)(tag & 7));
        if (tag >> 3 is 0 or > int.MaxValue)
            throw Wrong($"field number {tag >> 3}", "1 or more");
        switch (wire)
        {
            case Varint:
                number = ReadVarint();
                break;
            case Bytes:
                content = Take(ReadVarint());
                break;
            case Fixed32:
                number = BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
                break;
            case Fixed64:
                number = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
                break;
            default:
                throw Wrong($"wire type {wire}", "0, 1, 2 or 5");
        }
        return true;
    }

    public readonly int Int() => wire == Varint ? (int)number : throw Mistyped("a whole number");

    public readonly bool Flag() => wire == Varint ? number != 0 : throw Mistyped("true or false");

    public readonly float Float() => wire == Fixed32 ? BitConverter.UInt32BitsToSingle((uint)number) : throw Mistyped("a float");

    public readonly ReadOnlySpan<byte> Content() => wire == Bytes ? content : throw Mistyped("bytes");

    public readonly string Text() =>
        System.Text.Unicode.Utf8.IsValid(Content()) ? Encoding.UTF8.GetString(content) : throw Mistyped("UTF-8");

    /// <summary>The message within the field.</summary>
    public readonly ProtobufReader Message(string name) => new(Content(), file, $"{path}{name}.");

    /// <summary>An error at the field.</summary>
    public readonly MalformedFileException Wrong(string found, string expected) =>
        new(file, $"field {path}{Field}: {found} at byte {at} of the message", expected);

    readonly MalformedFileException Mistyped(string expected) => Wrong($"a value of wire type {wire}", expected);

    ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)(message.Length - at))
            throw Wrong($"{length} bytes, of which the file has {message.Length - at}", "a complete file; is it truncated?");
        at += (int)length;
        return message.Slice(at - (int)length, (int)length);
    }

    ulong ReadVarint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (at == message.Length)
                throw Wrong("a number without its end", "a complete file; is it truncated?");
            var b = message[at++];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
                return value;
        }
        throw Wrong("a number of more than ten bytes", "a SentencePiece model");
    }
}
