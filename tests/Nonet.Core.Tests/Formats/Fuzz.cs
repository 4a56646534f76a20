using System.Buffers.Binary;
using System.Globalization;
using Nonet.Files;

namespace Nonet.Tests.Formats;

/// <summary>
/// Opens mutated files: each must open, or be refused by an exception that names it, soon and without much memory. NONET_FUZZ is the number of
/// files a format (300 where it is not set).
/// </summary>
static class Fuzz
{
    static readonly ulong[] interesting =
        [0, 1, 2, 3, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000,
            0xffffffffffffffff, 1UL << 40, 1UL << 62];

    public static int Files => int.TryParse(Environment.GetEnvironmentVariable("NONET_FUZZ"), CultureInfo.InvariantCulture, out var n) ? n : 300;

    /// <param name="path">Where each file is written.</param>
    /// <param name="seeds">Sound files.</param>
    /// <param name="open">Opens the file and reads what is in it.</param>
    /// <param name="also">Names of exceptions that are allowed besides.</param>
    public static void Run(string path, byte[][] seeds, Action open, params Type[] also)
    {
        var random = new Random(20);
        var opened = 0;
        for (var i = 0; i < Files; i++)
        {
            var bytes = Mutated(seeds[random.Next(seeds.Length)], random);
            File.WriteAllBytes(path, bytes);
            var (before, clock) = (GC.GetAllocatedBytesForCurrentThread(), ThreadClock.Start());
            try
            {
                open();
                opened++;
            }
            catch (Exception e) when (e is MalformedFileException or NotSupportedException or FileNotFoundException || also.Contains(e.GetType()))
            {
                Assert.True(e.Message.Contains(Path.GetFileName(path), StringComparison.Ordinal)
                    || e.Message.Contains(Path.GetDirectoryName(path)!, StringComparison.Ordinal), $"file {i}: the message names no file: {e.Message}");
            }
            catch (Exception e)
            {
                File.WriteAllBytes(path + ".kept", bytes);
                Assert.Fail($"file {i}: {e}");
            }
            clock.AssertAtMost(5, $"file {i}");
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < (8 << 20) + 64L * bytes.Length, $"file {i} of {bytes.Length} bytes: {allocated} bytes allocated");
        }
        Assert.True(opened < Files, "no file was refused");
    }

    static byte[] Mutated(byte[] seed, Random random)
    {
        var bytes = (byte[])seed.Clone();
        for (var times = random.Next(1, 5); times > 0 && bytes.Length > 16; times--)
        {
            // most of it where the header is
            var at = random.Next(random.Next(3) == 0 ? bytes.Length : Math.Min(bytes.Length, 1024));
            switch (random.Next(9))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2 when at + 8 <= bytes.Length:
                    BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), interesting[random.Next(interesting.Length)]);
                    break;
                case 3 when at + 4 <= bytes.Length:
                    BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at),
                    (uint)interesting[random.Next(interesting.Length)]); break;
                case 4: bytes = bytes[..random.Next(bytes.Length)]; break;
                case 5: bytes = [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + random.Next(1, 40))..]]; break;
                case 6:
                    bytes = [.. bytes[..at],
                    .. bytes.AsSpan(random.Next(bytes.Length)) is var rest ? rest[..Math.Min(rest.Length, random.Next(1, 40))].ToArray() : [],
                    .. bytes[at..]]; break;
                case 7: // another digit, in texts such as JSON
                    var digit = Array.FindIndex(bytes, at, b => b is >= (byte)'0' and <= (byte)'9');
                    if (digit >= 0)
                        bytes[digit] = (byte)('0' + random.Next(10));
                    break;
                default:
                    random.NextBytes(bytes.AsSpan(at, Math.Min(bytes.Length - at, random.Next(1, 9))));
                    break;
            }
        }
        return bytes;
    }
}
