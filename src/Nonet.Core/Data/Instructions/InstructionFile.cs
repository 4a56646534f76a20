using Nonet.Data.Tasks;
using Nonet.Files;

namespace Nonet.Data.Instructions;

/// <summary>
/// Reads examples of supervised fine-tuning from JSON Lines (.jsonl), a JSON array (.json), both plain or .gz, or Parquet; or from all such
/// files of a folder.
/// </summary>
public static class InstructionFile
{
    static readonly string[] endings = [".jsonl", ".ndjson", ".json", ".parquet"];

    /// <summary>Reads all examples.</summary>
    /// <param name="path">A file or a folder.</param>
    /// <param name="layout">Layout of the examples; null: by the fields of each.</param>
    /// <exception cref="MalformedFileException">An example is malformed. The message names the file and the row.</exception>
    /// <exception cref="FileNotFoundException">There is no such file, or the folder has no file of examples.</exception>
    public static IEnumerable<InstructionExample> Read(string path, InstructionLayout? layout = null) =>
        FilesOf(path).SelectMany(file => ReadFile(file, layout));

    static IEnumerable<InstructionExample> ReadFile(string file, InstructionLayout? layout)
    {
        var any = false;
        foreach (var record in TaskRecord.Read(file))
        {
            any = true;
            yield return InstructionRecord.Read(record, layout);
        }
        if (!any)
            throw new MalformedFileException(file, "no example", "a JSON object on each line, or rows of Parquet");
    }

    static string[] FilesOf(string path)
    {
        if (File.Exists(path))
            return [path];
        string[] files = Directory.Exists(path)
            ? [.. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(f => endings.Contains(TaskLines.EndingOf(f)))
            .Order(StringComparer.Ordinal)] : [];
        return files.Length > 0 ? files
            : throw new FileNotFoundException(
                $"{path}: found no {(Directory.Exists(path) ? $"{string.Join(", ", endings)} in this folder" : "such file or folder")}; expected examples "
                + $"to train on", path);
    }
}
