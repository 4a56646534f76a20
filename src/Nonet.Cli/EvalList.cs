using Nonet.Evaluation.Tasks;
using Nonet.Recipes.Evaluation;

namespace Nonet.Cli;

/// <summary>Lists the tasks that come with the program, and whether their files exist.</summary>
static class EvalList
{
    public static void Write(Terminal terminal, TaskLibrary library, string? data, bool asJson)
    {
        var rows = library.Files.Select(f => (File: f, Task: f.Task(), Folder: Path.GetDirectoryName(Path.GetFullPath(f.FilePath))!)).ToArray();
        string? Missing(EvaluationTask task, string folder) => LoadedTask.Missing(task, new TaskFolders(data, folder))?.Message;
        if (asJson)
        {
            JsonLine.Write(terminal.Out, fields =>
            {
                fields.WriteStartArray("tasks");
                foreach (var (file, task, folder) in rows)
                {
                    fields.WriteStartObject();
                    fields.WriteString("task", file.Name);
                    fields.WriteString("kind", EvaluationReport.NameOf(task.Kind));
                    fields.WriteString("about", task.About);
                    fields.WriteString("paper", task.Paper);
                    fields.WriteNumber("shots", task.Shots);
                    fields.WriteString("file", task.Source.Test);
                    fields.WriteString("missing", Missing(task, folder));
                    fields.WriteStartArray("variants");
                    foreach (var variant in file.Variants)
                        fields.WriteStringValue(variant);
                    fields.WriteEndArray();
                    fields.WriteEndObject();
                }
                fields.WriteEndArray();
            });
            return;
        }
        var table = new TextTable("task", "kind", "shots", "data", "variants", "about");
        foreach (var (file, task, folder) in rows)
            table.Add(file.Name, EvaluationReport.NameOf(task.Kind), $"{task.Shots}",
                task.Source.Generate is not null ? "generated" : Missing(task, folder) is null ? "found" : "missing", string.Join(' ', file.Variants),
                task.About ?? "");
        table.Write(terminal.Out, terminal.OutIsScreen ? terminal.Width() : null, (5, 20), (4, 12));
        foreach (var missing in rows.Select(r => Missing(r.Task, r.Folder)).Where(m => m is not null))
            terminal.Out.WriteLine(missing);
    }
}
