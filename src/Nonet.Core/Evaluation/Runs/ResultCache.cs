using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Nonet.Evaluation.Models;

namespace Nonet.Evaluation.Runs;

/// <summary>
/// Caches the results of one model by the hash of model, task and prompt. The file grows by one line per result, so that an interrupted run does not score
/// anything twice. An incomplete last line is dropped.
/// </summary>
public sealed class ResultCache : IDisposable
{
    readonly Dictionary<string, ContinuationScore> scores = new(StringComparer.Ordinal);
    readonly Dictionary<string, WrittenText> texts = new(StringComparer.Ordinal);
    readonly StreamWriter? file;
    readonly string model;

    /// <param name="folder">Folder of the caches; null: only in memory.</param>
    /// <param name="model">Digest of the model.</param>
    public ResultCache(string? folder, string model)
    {
        this.model = model;
        if (folder is null)
            return;
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, $"{model}.jsonl");
        var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            stream.SetLength(Read(stream));
            stream.Position = stream.Length;
            file = new StreamWriter(stream, new UTF8Encoding(false)) { AutoFlush = true };
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Number of requests that the cache has answered.</summary>
    public int Found { get; private set; }

    /// <summary>The key of a score.</summary>
    public string Key(string task, EncodedRequest request)
    {
        using var hash = Begin(task, "score");
        Add(hash, request.Context);
        Add(hash, request.Continuation);
        return End(hash);
    }

    /// <summary>The key of a text.</summary>
    public string Key(string task, TextRequest request, string laidOut)
    {
        using var hash = Begin(task, "text");
        var settings = string.Create(CultureInfo.InvariantCulture,
            $"{request.MaxTokens}|{request.Temperature}|{request.TopK}|{(request.Temperature == 0 ? 0 : request.Seed)}|{string.Join('\0', request.Stop)}");
        if (request.ToolsOff.Count > 0 || request.Today is not null)
            settings += string.Create(CultureInfo.InvariantCulture, $"|{string.Join(',', request.ToolsOff)}|{request.Today:yyyy-MM-dd}");
        foreach (var part in new[] { laidOut, settings })
            hash.AppendData(Encoding.UTF8.GetBytes(part + "\0"));
        return End(hash);
    }

    internal bool TryGet(string key, out ContinuationScore score) => Counted(scores.TryGetValue(key, out score));

    internal bool TryGet(string key, out WrittenText? text) => Counted(texts.TryGetValue(key, out text));

    internal void Add(string key, ContinuationScore score)
    {
        if (scores.TryAdd(key, score))
            Line(new CachedResult(key) { LogProbability = score.LogProbability, Tokens = score.Tokens, IsGreedy = score.IsGreedy });
    }

    internal void Add(string key, WrittenText text)
    {
        if (texts.TryAdd(key, text))
            Line(new CachedResult(key)
            {
                Text = text.Text,
                Stop = text.Stop,
                LogProbability = text.LogProbability,
                Tokens = text.Tokens,
                Calls = text.Calls,
                Transcript = text.Transcript,
            });
    }

    /// <inheritdoc/>
    public void Dispose() => file?.Dispose();

    bool Counted(bool found)
    {
        Found += found ? 1 : 0;
        return found;
    }

    void Line(CachedResult result)
    {
        file?.Write(JsonSerializer.Serialize(result, EvaluationJson.Lines.CachedResult) + '\n');
    }

    /// <summary>Reads the lines. Returns the end of the last complete one.</summary>
    long Read(FileStream stream)
    {
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        var end = 0;
        while (bytes.AsSpan(end).IndexOf((byte)'\n') is >= 0 and var length)
        {
            CachedResult? result;
            try
            {
                result = JsonSerializer.Deserialize(bytes.AsSpan(end, length), EvaluationJson.Lines.CachedResult);
            }
            catch (JsonException)
            {
                break; // an incomplete line of an interrupted run; it and everything after it are dropped
            }
            if (result is { Text: { } text })
                texts[result.Key] = new WrittenText(text, result.Stop ?? "", result.LogProbability, result.Tokens)
                {
                    Calls = result.Calls,
                    Transcript = result.Transcript,
                };
            else if (result is { LogProbability: { } p, Tokens: { } n })
                scores[result.Key] = new ContinuationScore(p, n, result.IsGreedy);
            end += length + 1;
        }
        return end;
    }

    IncrementalHash Begin(string task, string kind)
    {
        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{model}\0{task}\0{kind}\0"));
        return hash;
    }

    /// <summary>The number of ids and the ids, as little-endian integers.</summary>
    static void Add(IncrementalHash hash, int[] ids)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, ids.Length);
        hash.AppendData(length);
        if (!BitConverter.IsLittleEndian)
        {
            var reversed = new int[ids.Length];
            BinaryPrimitives.ReverseEndianness(ids, reversed);
            ids = reversed;
        }
        hash.AppendData(MemoryMarshal.AsBytes<int>(ids));
    }

    static string End(IncrementalHash hash) => Convert.ToHexStringLower(hash.GetHashAndReset());
}

/// <summary>A line of the cache.</summary>
sealed record CachedResult(string Key)
{
    public double? LogProbability { get; init; }
    public int? Tokens { get; init; }
    public bool IsGreedy { get; init; }
    public string? Text { get; init; }
    public string? Stop { get; init; }
    public int? Calls { get; init; }
    public string? Transcript { get; init; }
}
