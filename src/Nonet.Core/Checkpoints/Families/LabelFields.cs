using System.Globalization;
using System.Text.Json;
using Nonet.Files;
using Nonet.Models;

namespace Nonet.Checkpoints.Families;

/// <summary>The fields of a config.json that describe the outputs of a task: id2label, label2id, problem_type.</summary>
static class LabelFields
{
    public static TaskHead Read(JsonFields json, ModelHead kind)
    {
        var head = new TaskHead { Kind = kind };
        if (!head.HasLabels)
            return head;
        var labels = ReadNames(json);
        return head with { Labels = labels, Problem = kind == ModelHead.SequenceClassification ? ReadProblem(json, labels.Length) : default };
    }

    public static void Write(Utf8JsonWriter json, TaskHead head)
    {
        if (!head.HasLabels)
            return;
        json.WriteStartObject("id2label");
        foreach (var (id, label) in head.Labels.Index())
            json.WriteString(id.ToString(CultureInfo.InvariantCulture), label);
        json.WriteEndObject();
        json.WriteStartObject("label2id");
        foreach (var (id, label) in head.Labels.Index())
            json.WriteNumber(label, id);
        json.WriteEndObject();
        if (head.Kind == ModelHead.SequenceClassification)
            json.WriteString("problem_type", problems.First(p => p.Problem == head.Problem).Name);
    }

    /// <summary>The names in id2label. Without it, as many names as num_labels says, as transformers generates them.</summary>
    static string[] ReadNames(JsonFields json)
    {
        const int Most = 1 << 20;
        if (json.Object("id2label") is not { } names)
        {
            var count = json.Positive("num_labels", 2);
            return count <= Most ? [.. Enumerable.Range(0, count).Select(i => $"LABEL_{i}")] : throw json.Wrong("num_labels", $"at most {Most}");
        }
        var labels = new string?[names.All.Count()];
        foreach (var field in names.All)
        {
            if (!int.TryParse(field.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var id) || id >= labels.Length || labels[id] is not null)
                throw json.Wrong("id2label", $"the ids 0 to {labels.Length - 1}, each once; '{field.Name}' is none of them");
            labels[id] = names.Text(field.Name) ?? throw names.Missing(field.Name, "a label");
        }
        return labels.Length > 0 ? labels.OfType<string>().ToArray() : throw json.Wrong("id2label", "at least one label");
    }

    static readonly (string Name, LabelProblem Problem)[] problems =
        [("single_label_classification", LabelProblem.SingleLabel), ("multi_label_classification", LabelProblem.MultiLabel),
            ("regression", LabelProblem.Regression)];

    /// <summary>problem_type. If it is absent, one label means a number to predict, and several labels mean classes.</summary>
    static LabelProblem ReadProblem(JsonFields json, int labels)
    {
        if (json.Text("problem_type") is not { } name)
            return labels == 1 ? LabelProblem.Regression : LabelProblem.SingleLabel;
        foreach (var (known, problem) in problems)
        {
            if (known == name)
                return problem;
        }
        throw json.Wrong("problem_type", string.Join(", ", problems.Select(p => p.Name)));
    }
}
