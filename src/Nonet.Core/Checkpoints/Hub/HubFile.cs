using System.Text.Json;
using System.Text.RegularExpressions;

namespace Nonet.Checkpoints.Hub;

/// <summary>A file of a model on the hub.</summary>
/// <param name="Path">Its name, with / between folders.</param>
/// <param name="Bytes">Its size; null: not told.</param>
/// <param name="Sha256">Checksum of a large file; null: none.</param>
/// <param name="GitBlob">Checksum that git gives a small one: SHA-1 of "blob SIZE\0" and the content; null: none.</param>
public sealed record HubFile(string Path, long? Bytes, string? Sha256, string? GitBlob);

/// <summary>What the hub says of a revision.</summary>
/// <param name="Commit">The commit that it is.</param>
/// <param name="Files">Its files.</param>
sealed record HubListing(string Commit, IReadOnlyList<HubFile> Files)
{
    public static HubListing Parse(HubName name, ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            var commit = root.GetProperty("sha").GetString() ?? "";
            if (!HubCache.IsCommit(commit))
                throw new HubException($"{name}: found the commit '{commit}' in the hub's answer; expected 40 hexadecimal digits");
            return new HubListing(commit, [.. root.GetProperty("siblings").EnumerateArray().Select(file => Read(name, file))]);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new HubException($"{name}: the hub's answer is not understood: {e.Message}", e);
        }
    }

    static HubFile Read(HubName name, JsonElement file)
    {
        var path = file.GetProperty("rfilename").GetString() ?? "";
        if (path.Split('/').Any(part => part is "" or "." or "..") || path.AsSpan().ContainsAny("\\:\0\n"))
            throw new HubException($"{name}: found a file '{path}' in the hub's answer; expected a name within the model's folder");
        long? bytes = file.TryGetProperty("size", out var size) && size.ValueKind == JsonValueKind.Number ? size.GetInt64() : null;
        string? sha256 = null;
        if (file.TryGetProperty("lfs", out var lfs) && lfs.ValueKind == JsonValueKind.Object)
        {
            sha256 = Hex(lfs, "sha256", 64);
            bytes = lfs.TryGetProperty("size", out var large) ? large.GetInt64() : bytes;
        }
        return new HubFile(path, bytes, sha256, sha256 is null ? Hex(file, "blobId", 40) : null);
    }

    static string? Hex(JsonElement element, string field, int digits) =>
        element.TryGetProperty(field, out var value) && value.GetString() is { } text && text.Length == digits && text.All(char.IsAsciiHexDigitLower) ? text : null;
}

/// <summary>Which files of a model are pulled.</summary>
public sealed record HubSelection
{
    static readonly string[] small =
    [
        "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.*", "merges.txt", "encoder.json", "*.model",
        "*.tiktoken", "*.spm", "chat_template.*", "adapter_config.json", "adapter_model.safetensors", "README.md", "LICENSE*",
    ];

    /// <summary>Only files that match one of these; empty: what Nonet can use.</summary>
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>No file that matches one of these.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>
    /// The files: those asked for; else configuration, tokenizer and template, and the weights in safetensors, or where there are none in PyTorch's format, or where there are none of
    /// those either in GGUF.
    /// </summary>
    public IReadOnlyList<HubFile> Choose(IReadOnlyList<HubFile> files)
    {
        IEnumerable<HubFile> chosen;
        if (Include.Count > 0)
            chosen = files.Where(f => Matches(f.Path, Include));
        else
        {
            string[][] formats = [["model.safetensors", "model-*.safetensors", "model.safetensors.index.json"], ["pytorch_model.bin", "pytorch_model-*.bin", "pytorch_model.bin.index.json"], ["*.gguf"]];
            var weights = formats.FirstOrDefault(patterns => files.Any(f => Matches(f.Path, patterns))) ?? [];
            chosen = files.Where(f => Matches(f.Path, small) || Matches(f.Path, weights));
        }
        return [.. chosen.Where(f => !Matches(f.Path, Exclude))];
    }

    /// <summary>* is any text, folders included, ? any character.</summary>
    static bool Matches(string path, IEnumerable<string> patterns) => patterns.Any(pattern =>
        Regex.IsMatch(path, "^" + Regex.Escape(pattern).Replace(@"\*", ".*", StringComparison.Ordinal).Replace(@"\?", ".", StringComparison.Ordinal) + "$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking));
}
