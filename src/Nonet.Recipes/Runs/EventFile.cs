using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Nonet.Files;

namespace Nonet.Recipes.Runs;

/// <summary>
/// Numbers by step in TensorBoard's file format: TFRecord records, each an Event of tensorflow/core/util/event.proto. The bytes are written
/// by hand, because three message types do not justify a protobuf library.
/// </summary>
static class EventFile
{
    const int Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5; // wire types

    /// <summary>Creates the file with events that are known already.</summary>
    public static void Create(string path, DateTimeOffset start, IEnumerable<(RunEvent Event, DateTimeOffset Time)> events) => AtomicFile.Write(path, stream =>
    {
        stream.Write(Record(Version(start)));
        foreach (var (e, time) in events)
            stream.Write(Records(e, time));
    });

    /// <summary>Appends an event.</summary>
    public static void Append(string path, RunEvent e, DateTimeOffset time)
    {
        if (Records(e, time) is not { Length: > 0 } bytes)
            return;
        using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        file.Write(bytes);
    }

    /// <summary>Record of an event; empty for events without numbers.</summary>
    static byte[] Records(RunEvent e, DateTimeOffset time) => e switch
    {
        StepDone s => Record(
            Scalars(time, s.Step, ("loss/train", s.Loss), ("learning_rate", s.LearningRate), ("gradient_norm", s.GradientNorm),
            ("tokens_per_s", s.TokensPerSecond))),
        Evaluated v => Record(Scalars(time, v.Step,
            [("loss/validation", v.Loss), .. v.BitsPerByte is { } bits ? [("bits_per_byte", bits)] : Array.Empty<(string, double)>(),
                .. v.Scores.Select(s => ($"score/{s.Name}", s.Value))])),
        Measured m => Record(Scalars(time, m.Step, [.. m.Scores.Select(s => ($"rollout/{s.Name}", s.Value))])),
        _ => [],
    };

    /// <summary>length (u64), masked CRC of length, bytes, masked CRC of bytes; little-endian.</summary>
    internal static byte[] Record(ReadOnlySpan<byte> content)
    {
        var record = new byte[12 + content.Length + 4];
        BinaryPrimitives.WriteUInt64LittleEndian(record, (ulong)content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), Masked(Crc32C(record.AsSpan(0, 8))));
        content.CopyTo(record.AsSpan(12));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12 + content.Length), Masked(Crc32C(content)));
        return record;
    }

    /// <summary>CRC-32C of RFC 3720, appendix B.4.</summary>
    internal static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        var crc = 0xffffffffu;
        foreach (var b in bytes)
            crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }

    /// <summary>
    /// Rotates a CRC right by 15 bits and adds a constant, because a CRC over bytes that contain CRCs is weak.
    /// tensorflow/core/lib/hash/crc32c.h.
    /// </summary>
    internal static uint Masked(uint crc) => BitOperations.RotateRight(crc, 15) + 0xa282ead8;

    /// <summary>Event { wall_time = 1, file_version = 3 }.</summary>
    internal static byte[] Version(DateTimeOffset time)
    {
        var e = new Message();
        e.Double(1, Seconds(time));
        e.Field(3, Encoding.UTF8.GetBytes("brain.Event:2"));
        return e.ToArray();
    }

    /// <summary>Event { wall_time = 1, step = 2, summary = 5 { value = 1 { tag = 1, simple_value = 2 } } }.</summary>
    internal static byte[] Scalars(DateTimeOffset time, int step, params ReadOnlySpan<(string Tag, double Value)> values)
    {
        var summary = new Message();
        foreach (var (tag, value) in values)
        {
            var one = new Message();
            one.Field(1, Encoding.UTF8.GetBytes(tag));
            one.Float(2, (float)value);
            summary.Field(1, one.ToArray());
        }
        var e = new Message();
        e.Double(1, Seconds(time));
        e.Whole(2, step);
        e.Field(5, summary.ToArray());
        return e.ToArray();
    }

    static double Seconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / 1000.0;

    /// <summary>Fields of a protobuf message: a key (number · 8 + wire type), then the value.</summary>
    sealed class Message
    {
        readonly List<byte> bytes = [];

        public byte[] ToArray() => [.. bytes];

        public void Whole(int field, long value)
        {
            Key(field, Varint);
            WriteVarint((ulong)value);
        }

        public void Double(int field, double value)
        {
            Key(field, Fixed64);
            Span<byte> eight = stackalloc byte[8];
            BinaryPrimitives.WriteDoubleLittleEndian(eight, value);
            bytes.AddRange(eight);
        }

        public void Float(int field, float value)
        {
            Key(field, Fixed32);
            Span<byte> four = stackalloc byte[4];
            BinaryPrimitives.WriteSingleLittleEndian(four, value);
            bytes.AddRange(four);
        }

        public void Field(int field, ReadOnlySpan<byte> content)
        {
            Key(field, Bytes);
            WriteVarint((ulong)content.Length);
            bytes.AddRange(content);
        }

        void Key(int field, int type) => WriteVarint((ulong)(field << 3 | type));

        void WriteVarint(ulong value)
        {
            for (; value >= 0x80; value >>= 7)
                bytes.Add((byte)(value | 0x80));
            bytes.Add((byte)value);
        }
    }
}
