using System.Text.Json;

namespace Nonet.Checkpoints.Hub;

/// <summary>A file of a model on the hub.</summary>
/// <param name="Path">Name, with / between folders.</param>
/// <param name="Bytes">Size; null: unknown, and then it is not downloaded.</param>
/// <param name="Sha256">Checksum of a large file; null: none.</param>
/// <param name="GitBlob">Git's checksum of a small file: SHA-1 of "blob SIZE\0" and the content; null: none.</param>
public sealed record HubFile(string Path, long? Bytes, string? Sha256, string? GitBlob);

/// <summary>The hub's description of a revision.</summary>
/// <param name="Commit">Its commit.</param>
/// <param name="Files">Its files.</param>
sealed record HubListing(string Commit, IReadOnlyList<HubFile> Files)
{
    public const int MostFiles = 100_000;

    /// <summary>Limit of sizes: a petabyte, so that sums do not overflow.</summary>
    const long MostBytes = 1L << 50;

    const int LongestPath = 1000;

    public static HubListing Parse(HubName name, ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            var commit = root.GetProperty("sha").GetString() ?? "";
            if (!HubCache.IsCommit(commit))
                throw new HubException($"{name}: found the commit '{commit}' in the hub's answer; expected 40 hexadecimal digits");
            var siblings = root.GetProperty("siblings");
            if (siblings.GetArrayLength() > MostFiles)
                throw new HubException($"{name}: found {siblings.GetArrayLength()} files in the hub's answer; expected at most {MostFiles}");
            var paths = new HashSet<string>(StringComparer.Ordinal);
            HubFile[] files = [.. siblings.EnumerateArray().Select(file => Read(name, file))];
            if (files.Aggregate((Int128)0, (sum, f) => sum + (f.Bytes ?? 0)) > MostBytes)
                throw new HubException($"{name}: the hub's files are larger than 2^50 bytes together; expected sizes of real files");
            return Array.Find(files, f => !paths.Add(f.Path)) is { } twice
                ? throw new HubException($"{name}: found the file '{Shown(twice.Path)}' twice in the hub's answer; expected each once")
                : new HubListing(commit, files);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new HubException($"{name}: the hub's answer cannot be read: {e.Message}", e);
        }
    }

    static HubFile Read(HubName name, JsonElement file)
    {
        var path = file.GetProperty("rfilename").GetString() ?? "";
        if (path.Length > LongestPath || path.Split('/').Any(part => part is "" or "." or "..") || path.AsSpan().ContainsAny("\\:\0\n")
            || path.Any(char.IsControl))
            throw new HubException(
                $"{name}: found a file '{Shown(path)}' in the hub's answer; expected a name within the model's folder, of at most {LongestPath} characters");
        var lfs = file.TryGetProperty("lfs", out var large) && large.ValueKind == JsonValueKind.Object ? large : (JsonElement?)null;
        long? bytes = null;
        if ((lfs is { } l && l.TryGetProperty("size", out var size)) || file.TryGetProperty("size", out size))
        {
            bytes = size.ValueKind == JsonValueKind.Number && size.TryGetInt64(out var n) && n is >= 0 and <= MostBytes ? n
                : throw new HubException(
                    $"{name}: found the size {Shown(size.GetRawText())} of '{Shown(path)}' in the hub's answer; expected bytes from 0 to 2^50");
        }
        var sha256 = lfs is { } pointer ? Hex(pointer, "sha256", 64) : null;
        return new HubFile(path, bytes, sha256, sha256 is null ? Hex(file, "blobId", 40) : null);
    }

    /// <summary>A name for a message: shortened, and without control characters.</summary>
    public static string Shown(string path) =>
        string.Concat((path.Length <= 100 ? path : path[..97] + "...").Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c));

    static string? Hex(JsonElement element, string field, int digits) =>
        element.TryGetProperty(field, out var value) && value.GetString() is { } text && text.Length == digits && text.All(char.IsAsciiHexDigitLower) ? text
        : null;
}

/// <summary>Selects the files of a model to download.</summary>
public sealed record HubSelection
{
    static readonly string[] small =
    [
        "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.*",
        "merges.txt", "encoder.json", "*.model",
        "*.tiktoken", "*.spm", "chat_template.*", "adapter_config.json", "adapter_model.safetensors", "README.md", "LICENSE*",
    ];

    /// <summary>Only files that match one of these patterns; empty: the files that Nonet can use.</summary>
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>No files that match one of these patterns.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>
    /// The selected files. Without patterns: configuration, tokenizer and template, and the weights as safetensors, otherwise in PyTorch's
    /// format, otherwise as GGUF.
    /// </summary>
    public IReadOnlyList<HubFile> Choose(IReadOnlyList<HubFile> files)
    {
        IEnumerable<HubFile> chosen;
        if (Include.Count > 0)
            chosen = files.Where(f => Matches(f.Path, Include));
        else
        {
            string[][] formats = [["model.safetensors", "model-*.safetensors", "model.safetensors.index.json"],
                ["pytorch_model.bin", "pytorch_model-*.bin", "pytorch_model.bin.index.json"], ["*.gguf"]];
            var weights = formats.FirstOrDefault(patterns => files.Any(f => Matches(f.Path, patterns))) ?? [];
            chosen = files.Where(f => Matches(f.Path, small) || Matches(f.Path, weights));
        }
        return [.. chosen.Where(f => !Matches(f.Path, Exclude))];
    }

    static bool Matches(string path, IReadOnlyList<string> patterns)
    {
        foreach (var pattern in patterns)
        {
            if (Matches(path, pattern))
                return true;
        }
        return false;
    }

    /// <summary>
    /// Matches a path: * stands for any text, including folders, and ? for any character. Only the last * is tried with longer text,
    /// because it can match everything that an earlier one could.
    /// </summary>
    static bool Matches(string path, string pattern)
    {
        var (at, want, star, resume) = (0, 0, -1, 0);
        while (at < path.Length)
        {
            if (want < pattern.Length && pattern[want] == '*')
                (star, resume) = (want++, at);
            else if (want < pattern.Length && (pattern[want] == '?' || pattern[want] == path[at]))
                (at, want) = (at + 1, want + 1);
            else if (star >= 0)
                (at, want) = (++resume, star + 1);
            else
                return false;
        }
        return pattern.AsSpan(want).TrimStart('*').IsEmpty;
    }
}
