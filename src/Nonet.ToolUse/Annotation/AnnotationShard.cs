using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Nonet.Data.Corpora;
using Nonet.Files;

namespace Nonet.ToolUse.Annotation;

/// <summary>
/// A file with the annotations of a number of texts: a line about the shard, then a line for each text on which a tool was tried. It is written when all its
/// texts are done, so an interrupted run resumes at the first missing shard.
/// </summary>
/// <param name="Texts">Number of texts in the shard.</param>
/// <param name="Digest">SHA-256 of the texts and their dates, which must not change before the run is resumed.</param>
sealed record AnnotationShard(int Texts, string Digest)
{
    /// <summary>Writes a shard.</summary>
    public static void Write(string path, IReadOnlyList<AnnotatedText> texts) => AtomicFile.Write(path, stream =>
    {
        var shard = new AnnotationShard(texts.Count, DigestOf(texts.Select(t => t.Source)));
        stream.Write(JsonSerializer.SerializeToUtf8Bytes(shard, AnnotationJson.Default.AnnotationShard));
        stream.WriteByte((byte)'\n');
        foreach (var text in texts.Where(t => t.Trials.Count > 0))
        {
            stream.Write(JsonSerializer.SerializeToUtf8Bytes(text, AnnotationJson.Default.AnnotatedText));
            stream.WriteByte((byte)'\n');
        }
    });

    /// <summary>The first line of a shard.</summary>
    public static AnnotationShard ReadHead(string path)
    {
        using var lines = Lines(path).GetEnumerator();
        return lines.MoveNext() ? Read(path, 1, lines.Current, AnnotationJson.Default.AnnotationShard)
            : throw new MalformedFileException(path, "an empty file", "a shard of nonet tools annotate");
    }

    /// <summary>The texts of a shard on which a tool was tried.</summary>
    public static IEnumerable<AnnotatedText> Read(string path)
    {
        var number = 1;
        foreach (var line in Lines(path).Skip(1))
            yield return Read(path, ++number, line, AnnotationJson.Default.AnnotatedText);
    }

    /// <summary>Throws unless the shard was made from these texts.</summary>
    public void Require(string path, IEnumerable<AnnotationText> texts)
    {
        if (DigestOf(texts) != Digest)
            throw new MalformedFileException(path, "calls for other texts",
                "those of the texts in data, which have changed since the run began; start a new run");
    }

    static IEnumerable<byte[]> Lines(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        foreach (var line in ByteLines.Read(path, stream))
        {
            if (line.Length > 0)
                yield return line.ToArray();
        }
    }

    static T Read<T>(string path, int number, byte[] line, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(line, type) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new MalformedFileException(path, $"broken JSON on line {number} ({e.Message})",
                "a shard of nonet tools annotate; delete it to compute it again", e);
        }
    }

    static string DigestOf(IEnumerable<AnnotationText> texts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var text in texts)
            hash.AppendData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{text.Number} {text.Date:yyyy-MM-dd} {text.Text.Length} {text.Text}\n")));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true, AllowOutOfOrderMetadataProperties = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(AnnotationShard))]
[JsonSerializable(typeof(AnnotatedText))]
sealed partial class AnnotationJson : JsonSerializerContext;
