// The perplexity of a model in every type of nonet quantize, beside llama.cpp on the same file: windows of the model's context that do not overlap, of which
// the second half is counted.
//
//   NONET_PEERS=ROOT dotnet run -c Release bench/QuantizedPerplexity.cs -- MODEL TEXT [--windows 40]
//
// ROOT is a tree with llama-perplexity, entered by chroot (as root); files are made in its folder w and removed.
#:project ../src/Nonet.Core/Nonet.Core.csproj
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Nonet.Checkpoints;
using Nonet.Checkpoints.Gguf;
using Nonet.Data.Corpora;
using Nonet.Models;
using Nonet.Models.Losses;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;

var root = Environment.GetEnvironmentVariable("NONET_PEERS")
    ?? throw new InvalidOperationException("NONET_PEERS is not set: the root of a tree with llama-perplexity");
var most = Array.IndexOf(args, "--windows") is var at and >= 0 ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : 40;
using var device = new CpuDevice();
var text = TextFile.Read(args[1]);
var inside = $"/w/nonet-{Guid.NewGuid():N}";
Directory.CreateDirectory(root + inside);
try
{
    File.WriteAllText($"{root}{inside}/text", text);
    Console.WriteLine("| type | Nonet | llama.cpp | difference |\n|---|---|---|---|");
    foreach (var mix in QuantizationMix.All.Where(m => m.Name != "Q2_K_S")) // which llama.cpp makes with an importance matrix only
    {
        using (var model = new LoadedModel(args[0], device))
            GgufModel.Save($"{root}{inside}/model.gguf", model.Config, model.Model.Parameters, model.LoadTokenizer(), mix.Name, settings: model.File.Settings);
        using var open = new LoadedModel($"{root}{inside}/model.gguf", device);
        var ours = Ours(open, out var windows);
        var theirs = Theirs(open.Model.Context, windows);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {mix.Name} | {ours:0.0000} | {theirs:0.0000} | {ours / theirs - 1:0.000%} |"));
    }
}
finally
{
    Directory.Delete(root + inside, recursive: true);
}

double Ours(LoadedModel open, out int windows)
{
    var (ids, context) = (open.LoadTokenizer().Encode(text), open.Model.Context);
    windows = Math.Min(most, ids.Length / context);
    var (nats, count) = (0.0, 0);
    for (var window = 0; window < windows; window++)
    {
        using var scope = new TensorScope();
        var tokens = ids[(window * context)..((window + 1) * context)];
        if (ids[0] == open.File.Settings.BeginToken) // the text's begin mark stands before every window
            tokens[0] = ids[0];
        int[] targets = [.. tokens[1..]];
        targets.AsSpan(0, context / 2).Fill(-1);
        var counted = targets.Count(t => t >= 0);
        nats += open.Decoder.Loss(Batch.Of(open.Device, [tokens[..^1]]), open.Device.From(targets)).Item() * counted;
        count += counted;
    }
    return Math.Exp(nats / count);
}

double Theirs(int context, int windows)
{
    string[] arguments = [root, "llama-perplexity", "-m", $"{inside}/model.gguf", "-f", $"{inside}/text", "-c", $"{context}", "--chunks", $"{windows}", "-t",
        "2", "-fa", "off", "-ctk", "f32", "-ctv", "f32"];
    for (var tries = 0; ; tries++)
    {
        var start = new ProcessStartInfo("chroot", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd() + errors.Result;
        process.WaitForExit();
        // the estimate after the last window, which it sometimes ends without printing
        var match = Regex.Match(output, $@"\[{windows}\]([0-9.]+)", RegexOptions.CultureInvariant);
        if (match.Success)
            return double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
        if (tries == 3)
            throw new InvalidOperationException($"llama-perplexity printed no result:\n{output}");
    }
}
