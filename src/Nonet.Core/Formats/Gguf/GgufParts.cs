using System.Globalization;
using System.Text.RegularExpressions;
using Nonet.Files;

namespace Nonet.Formats.Gguf;

/// <summary>
/// The parts of a GGUF file that llama-gguf-split has split: NAME-00001-of-00003.gguf and so on. The first part holds the metadata; all parts hold
/// tensors.
/// </summary>
static class GgufParts
{
    const string Number = "split.no", Count = "split.count", TensorCount = "split.tensors.count";

    static readonly Regex name = new(@"^(?<name>.*)-(?<number>[0-9]{5})-of-(?<count>[0-9]{5})\.gguf$", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase);

    /// <summary>Whether a file's metadata says that it is one of several parts.</summary>
    public static bool Is(GgufFile file) => CountOf(file) > 1;

    /// <summary>The first of several files if they are the parts of one model; null if they are several models.</summary>
    public static string? First(IReadOnlyList<string> files)
    {
        var parts = files.Select(file => name.Match(Path.GetFileName(file))).ToArray();
        var isOne = parts.All(p =>
            p.Success && p.Groups["name"].Value == parts[0].Groups["name"].Value && p.Groups["count"].Value == parts[0].Groups["count"].Value);
        return isOne ? files.Order(StringComparer.Ordinal).First() : null;
    }

    /// <summary>Opens all parts of a model, given any one of them. Returns the first part with the tensors of all.</summary>
    /// <exception cref="FileNotFoundException">A part is missing. The message names it.</exception>
    /// <exception cref="MalformedFileException">The parts do not belong together.</exception>
    public static GgufFile Join(GgufFile named)
    {
        var (number, count, path) = (NumberOf(named), CountOf(named), Path.GetFullPath(named.FilePath));
        var match = name.Match(Path.GetFileName(path));
        if (!match.Success || Parse(match, "number") != number + 1 || Parse(match, "count") != count)
            throw new MalformedFileException(named.FilePath, $"part {number + 1} of {count} of a model",
                $"the name {NameOf("NAME", number, count)}, by which the other parts are found");
        var (prefix, folder) = (match.Groups["name"].Value, Path.GetDirectoryName(path)!);
        var parts = new GgufFile[count];
        for (var i = 0; i < count; i++)
        {
            var part = Path.Combine(folder, NameOf(prefix, i, count));
            if (i != number && !File.Exists(part))
                throw new FileNotFoundException(
                    $"{named.FilePath}: found part {number + 1} of {count} of a model, and not {Path.GetFileName(part)}; expected all parts in one folder",
                    part);
            parts[i] = i == number ? named : GgufFile.OpenPart(part);
            if (NumberOf(parts[i]) != i || CountOf(parts[i]) != count)
                throw new MalformedFileException(part, $"part {NumberOf(parts[i]) + 1} of {CountOf(parts[i])}", $"part {i + 1} of {count}, as its name says");
            if (i > 0)
                parts[0].Add(parts[i]);
        }
        var tensors = parts[0].Metadata.Integer(TensorCount, parts[0].Tensors.Count, 0, int.MaxValue);
        return tensors == parts[0].Tensors.Count ? parts[0]
            : throw new MalformedFileException(parts[0].FilePath, $"{parts[0].Tensors.Count} tensors in its {count} parts",
                $"{tensors}, as '{TensorCount}' says");
    }

    static int Parse(Match match, string group) => int.Parse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    static string NameOf(string prefix, int number, int count) =>
        string.Create(CultureInfo.InvariantCulture, $"{prefix}-{number + 1:00000}-of-{count:00000}.gguf");

    static int NumberOf(GgufFile file) => (int)file.Metadata.Integer(Number, 0, 0, ushort.MaxValue);

    static int CountOf(GgufFile file) => (int)file.Metadata.Integer(Count, 1, 0, ushort.MaxValue);
}
