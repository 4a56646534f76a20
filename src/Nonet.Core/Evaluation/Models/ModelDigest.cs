using System.Security.Cryptography;
using System.Text;

namespace Nonet.Evaluation.Models;

/// <summary>
/// A hash of a model's content, which does not depend on its path. Of large files it reads only the length and one megabyte of every 32.
/// </summary>
static class ModelDigest
{
    const int Piece = 1 << 20, Stride = 32 << 20;
    const long Whole = 64L << 20;

    static readonly string[] others = [".jsonl", ".md", ".html", ".svg", ".png", ".lock", ".tmp"];

    /// <param name="path">A model's folder or file.</param>
    public static string Of(string path)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        string[] files = Directory.Exists(path) ? [.. Directory.GetFiles(path).Order(StringComparer.Ordinal)] : [path];
        foreach (var file in files.Where(f => !others.Contains(Path.GetExtension(f))))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(Directory.Exists(path) ? Path.GetFileName(file) : ""));
            Add(hash, file);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..32];
    }

    static void Add(IncrementalHash hash, string file)
    {
        using var stream = File.OpenRead(file);
        hash.AppendData(BitConverter.GetBytes(stream.Length));
        var buffer = new byte[Piece];
        for (long at = 0; at < stream.Length; at += stream.Length <= Whole ? Piece : Stride)
        {
            stream.Position = at;
            hash.AppendData(buffer.AsSpan(0, stream.ReadAtLeast(buffer, Piece, throwOnEndOfStream: false)));
        }
    }
}
