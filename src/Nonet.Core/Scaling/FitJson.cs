using System.Text.Json;
using Nonet.Files;
using Nonet.Scaling.Runs;

namespace Nonet.Scaling;

/// <summary>
/// A fit as JSON. Each number of the law, and each derived number, is a field of its own name ("A", "alpha", ...). The fields intervals,
/// standard_errors and order refer to these names. replicates has one row of numbers per bootstrap draw, in that order, so that a plan can
/// compute intervals.
/// </summary>
public static class FitJson
{
    /// <summary>Writes the fields of a fit into an open object.</summary>
    public static void Write(Utf8JsonWriter json, LawFit fit)
    {
        json.WriteString("law", fit.Law);
        json.WriteString("formula", fit.Formula);
        Numbers(json, fit);
        json.WriteNumber("objective", fit.Objective);
        Number(json, "r2", fit.RSquared);
        Number(json, "relative_error", fit.RelativeError);
        json.WriteNumber("runs", fit.Fitted.Count > 0 ? fit.Fitted.Count : fit.Points.Count(p => p.Discarded is null));
        json.WriteString("method", fit.Method);
        json.WriteString("params_counted", fit.Counting == ParameterCounting.All ? "all" : "non-embedding");
        json.WriteNumber("most_flops", fit.MostFlops);
        Texts(json, "warnings", fit.Warnings);
        Texts(json, "notes", fit.Notes);
        Predictions(json, "fitted", fit.Fitted);
        Predictions(json, "held_out", fit.HeldOut);
        if (fit.Points.Count > 0)
            Points(json, fit.Points);
        if (fit.WithFloor is { } floored)
        {
            json.WriteStartObject("with_floor");
            json.WriteString("formula", floored.Formula);
            Numbers(json, floored);
            json.WriteNumber("objective", floored.Objective);
            Number(json, "r2", floored.RSquared);
            Predictions(json, "held_out", floored.HeldOut);
            json.WriteEndObject();
        }
        json.WriteStartArray("order");
        foreach (var number in fit.Numbers)
            json.WriteStringValue(number.Name);
        json.WriteEndArray();
        json.WriteStartArray("replicates");
        foreach (var replicate in fit.Replicates)
        {
            json.WriteStartArray();
            foreach (var value in replicate)
                json.WriteNumberValue(value);
            json.WriteEndArray();
        }
        json.WriteEndArray();
    }

    /// <summary>
    /// Reads the parts of a fit that a plan needs: law, numbers, replicates, counting and range. The file must have been written by
    /// <see cref="Write"/>.
    /// </summary>
    public static LawFit Read(string path)
    {
        var json = JsonFields.Read(path);
        var law = json.Text("law") ?? throw json.Missing("law", $"a fit, as nonet scaling fit --json writes it");
        if (!ScalingLaw.Names.Contains(law))
            throw json.Wrong("law", $"one of {string.Join(", ", ScalingLaw.Names)}");
        string[] names = [.. json.Array("order").Select(e => e.ValueKind == JsonValueKind.String ? e.GetString()! : throw json.Wrong("order", "names"))];
        if (names.Length == 0)
            throw json.Missing("order", "the names of the law's numbers");
        FittedNumber[] numbers =
            [.. names.Select(name =>
            json.Has(name) ? new FittedNumber(name, json.Number(name, 0, double.MinValue, double.MaxValue)) : throw json.Missing(name, "a number of the law"))];
        return new LawFit
        {
            Law = law,
            Formula = json.Text("formula") ?? "",
            Numbers = numbers,
            Objective = json.Number("objective", 0, 0, double.MaxValue),
            RSquared = json.Number("r2", 0, double.MinValue, double.MaxValue),
            Method = json.Text("method") ?? "",
            Replicates = [.. json.Array("replicates").Select(e => Replicate(json, e, numbers.Length))],
            MostFlops = json.Number("most_flops", 0, 0, double.MaxValue),
            Counting = json.Text("params_counted") switch
            {
                null or "all" => ParameterCounting.All,
                "non-embedding" => ParameterCounting.NonEmbedding,
                _ => throw json.Wrong("params_counted", "all or non-embedding"),
            },
        };
    }

    static double[] Replicate(JsonFields json, JsonElement element, int count) =>
        element.ValueKind == JsonValueKind.Array && element.GetArrayLength() == count && element.EnumerateArray().All(e => e.ValueKind == JsonValueKind.Number)
        ? [.. element.EnumerateArray().Select(e => e.GetDouble())]
            : throw json.Wrong("replicates", $"arrays of {count} numbers");

    static void Numbers(Utf8JsonWriter json, LawFit fit)
    {
        foreach (var number in fit.Numbers.Concat(fit.Derived))
            Number(json, number.Name, number.Value);
        json.WriteStartObject("intervals");
        foreach (var number in fit.Numbers.Concat(fit.Derived)
            .Where(n => n is { Low: { } low, High: { } high } && double.IsFinite(low) && double.IsFinite(high)))
        {
            json.WriteStartArray(number.Name);
            json.WriteNumberValue(number.Low!.Value);
            json.WriteNumberValue(number.High!.Value);
            json.WriteEndArray();
        }
        json.WriteEndObject();
        json.WriteStartObject("standard_errors");
        foreach (var number in fit.Numbers.Concat(fit.Derived).Where(n => n.StandardError is not null))
            Number(json, number.Name, number.StandardError!.Value);
        json.WriteEndObject();
    }

    static void Predictions(Utf8JsonWriter json, string name, IReadOnlyList<Prediction> predictions)
    {
        json.WriteStartArray(name);
        foreach (var p in predictions)
        {
            json.WriteStartObject();
            json.WriteNumber("row", p.Run.Row);
            if (p.Run.Name is { } called)
                json.WriteString("name", called);
            json.WriteNumber("n", p.Run.Parameters);
            json.WriteNumber("d", p.Run.Tokens);
            json.WriteNumber("c", p.Run.Flops);
            json.WriteNumber("measured", p.Measured);
            Number(json, "predicted", p.Predicted);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    static void Points(Utf8JsonWriter json, IReadOnlyList<FrontierPoint> points)
    {
        json.WriteStartArray("points");
        foreach (var p in points)
        {
            json.WriteStartObject();
            json.WriteNumber("c", p.Flops);
            json.WriteNumber("n", p.Parameters);
            json.WriteNumber("d", p.Tokens);
            json.WriteNumber("loss", p.Loss);
            if (p.Discarded is { } why)
                json.WriteString("discarded", why);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    static void Texts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }

    /// <summary>Writes a number. Infinities become null, because JSON has none.</summary>
    static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
            json.WriteNumber(name, value);
        else
            json.WriteNull(name);
    }
}
