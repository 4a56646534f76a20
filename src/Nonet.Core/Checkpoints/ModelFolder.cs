using Nonet.Files;

namespace Nonet.Checkpoints;

/// <summary>
/// Replaces the folder of a model or tokenizer as a whole: the old one remains until the new one is complete, and the two are never mixed.
/// </summary>
public static class ModelFolder
{
    static readonly string[] names =
    [
        "config.json", "generation_config.json", "chat_template.jinja", "additional_chat_templates", "tokenizer.json", "tokenizer_config.json",
        "tokenizer.model", "spiece.model", "source.spm", "target.spm",
        "vocab.json", "vocab.txt", "vocab.bpe", "encoder.json", "merges.txt", "added_tokens.json", "special_tokens_map.json", "adapter_config.json",
        "model.safetensors.index.json",
        "pytorch_model.bin.index.json",
    ];

    /// <param name="folder">A new folder, an empty one, or the folder of a model, which is replaced.</param>
    /// <param name="fill">Writes the files into the folder with the given path.</param>
    /// <exception cref="IOException">The folder contains something else, which would be lost. The message names it.</exception>
    public static void Replace(string folder, Action<string> fill)
    {
        if (File.Exists(folder))
            throw new IOException($"{folder}: found a file; expected a folder, or the name of a new one");
        if (Directory.Exists(folder)
            && Directory.EnumerateFileSystemEntries(folder).Select(e => Path.GetFileName(e)).FirstOrDefault(name => !IsPart(name)) is { } other)
            throw new IOException(
                $"{folder}: found '{other}', which is not part of a model; expected a new folder, an empty one, or a model's, which is replaced as a whole: "
                + $"name another folder");
        AtomicFolder.Write(folder, fill);
    }

    static bool IsPart(string name) => names.Contains(name) || name.EndsWith(".safetensors", StringComparison.Ordinal)
        || (name.StartsWith("pytorch_model", StringComparison.Ordinal) && name.EndsWith(".bin", StringComparison.Ordinal))
        || name.EndsWith(AtomicFile.Suffix, StringComparison.Ordinal);
}
