using System.Security.Cryptography;
using System.Text;

namespace Nonet.Checkpoints;

/// <summary>SHA256SUMS of a folder, in the format of the sha256sum program. It reveals truncated and changed files.</summary>
static class Checksums
{
    /// <summary>Longest file name on common file systems.</summary>
    const int LongestName = 255;

    internal const string FileName = "SHA256SUMS";

    /// <summary>Writes the checksums of all files in a folder.</summary>
    public static void Write(string folder)
    {
        var lines = new StringBuilder();
        foreach (var name in Directory.GetFiles(folder).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal))
        {
            using var file = File.OpenRead(Path.Combine(folder, name));
            lines.Append(Sum(file)).Append("  ").Append(name).Append('\n');
        }
        File.WriteAllText(Path.Combine(folder, FileName), lines.ToString());
    }

    /// <summary>Throws a <see cref="CheckpointException"/> that names the first file that is missing or has changed.</summary>
    public static void Verify(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            throw new CheckpointException($"{path} is missing: {folder} is not a complete checkpoint; resume from another one");
        foreach (var line in File.ReadAllLines(path))
        {
            var split = line.IndexOf("  ", StringComparison.Ordinal);
            if (split != 64 || line.Length > 66 + LongestName || line.AsSpan(66).IndexOfAny('/', '\\') >= 0)
                throw new CheckpointException(
                    $"{path}: the line '{line[..Math.Min(line.Length, 80)]}' is not a SHA-256 sum and a file name; the file was changed or truncated");
            var file = Path.Combine(folder, line[66..]);
            if (!File.Exists(file))
                throw new CheckpointException($"{file} is missing: {path} lists it; resume from another checkpoint");
            using var stream = File.OpenRead(file);
            var sum = Sum(stream);
            if (sum != line[..64])
            {
                throw new CheckpointException(
                    $"{file} was changed or truncated: its {stream.Length} bytes have SHA-256 {sum[..12]}…, {path} says {line[..12]}…; resume from another "
                    + $"checkpoint");
            }
        }
    }

    static string Sum(Stream stream) => Convert.ToHexStringLower(SHA256.HashData(stream));
}
