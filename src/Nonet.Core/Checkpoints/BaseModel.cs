using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Nonet.Files;
using Nonet.Formats;
using Nonet.Tensors;
using Nonet.Tensors.Reference;

namespace Nonet.Checkpoints;

/// <summary>Base model of an adapter: its name, its place and its identity.</summary>
/// <param name="Name">Name given by the user: a folder, a file, a run folder or a name on the hub.</param>
/// <param name="Location">Folder or file of that name.</param>
/// <param name="Fingerprint">Fingerprint of its weights: see <see cref="FingerprintOf"/>.</param>
public sealed record BaseModel(string Name, string Location, string Fingerprint)
{
    const string FileName = "base.json";

    /// <summary>
    /// Number of values read at the beginning, in the middle and at the end of a tensor. Pieces begin at a multiple of the longest block.
    /// </summary>
    const int Piece = 1 << 14, Aligned = 256;

    /// <summary>Whether a folder records the base model of an adapter.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>Folder of a checkpoint's adapter.</summary>
    public static string AdapterIn(string checkpoint) => Path.Combine(checkpoint, "adapter");

    /// <summary>Records a base model, with the fingerprint of its weights.</summary>
    /// <param name="name">Name given by the user.</param>
    /// <param name="location">Folder or file of that name.</param>
    /// <param name="weights">Its tensors.</param>
    public static BaseModel Of(string name, string location, ITensorStore weights) => new(name, Path.GetFullPath(location), FingerprintOf(weights));

    /// <summary>Reads the record in a checkpoint's folder.</summary>
    public static BaseModel Read(string folder)
    {
        var fields = JsonFields.Read(Path.Combine(folder, FileName));
        return new BaseModel(Field("name"), Field("location"), Field("fingerprint"));

        string Field(string name) => fields.Text(name) ?? throw fields.Missing(name, "a text");
    }

    /// <summary>Writes the record to a checkpoint's folder.</summary>
    public void Write(string folder) => AtomicFile.Write(Path.Combine(folder, FileName), stream =>
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("name", Name);
        json.WriteString("location", Location);
        json.WriteString("fingerprint", Fingerprint);
        json.WriteEndObject();
    });

    /// <summary>
    /// SHA-256 over name, type and shape of every tensor, and over its values at the beginning, in the middle and at the end. It
    /// distinguishes trained models. It reads about 40 MB of a BERT-base, so it does not detect all damage.
    /// </summary>
    public static string FingerprintOf(ITensorStore store)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var tensor in store.Tensors.Values.OrderBy(t => t.Name, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(
                string.Create(CultureInfo.InvariantCulture, $"{tensor.Name}\n{tensor.Type}\n{string.Join(',', tensor.Shape)}\n")));
            var elements = tensor.Shape.Aggregate(1L, (n, extent) => checked(n * extent));
            if (tensor.DType is null || elements == 0)
                continue;
            var piece = (int)Math.Min(elements, Piece);
            var last = (elements - piece) / Aligned * Aligned;
            long[] starts = elements == piece ? [0] : [0, Math.Min(elements / 2 / Aligned * Aligned, last), last];
            foreach (var start in starts)
            {
                using var scope = new TensorScope();
                hash.AppendData(tensor.Read(start, new Shape(1, piece), ReferenceDevice.Shared).RowBytes(0, 1));
            }
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>
    /// Throws a <see cref="MalformedFileException"/> if the weights at <see cref="Location"/> are not those that the adapter was trained
    /// on.
    /// </summary>
    public void Check(ITensorStore weights, string adapter)
    {
        var now = FingerprintOf(weights);
        if (now != Fingerprint)
            throw new MalformedFileException(weights.FilePath, $"weights of fingerprint {now}",
                $"{Fingerprint}, the fingerprint of {Name}, on which {adapter} was trained: restore that model");
    }
}
