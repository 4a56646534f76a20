// Memory of fine-tuning a BERT-base on labels, by LoRA or all weights, each in a process of its own that says how much it held after some steps.
//
//   dotnet run -c Release bench/LoraMemory.cs                 both, and their quotient
//   dotnet run -c Release bench/LoraMemory.cs -- full|lora    one of them
//
// 12 layers, 768 wide, 30,522 ids, drawn and written to a temporary folder first; 8 texts of 128 tokens a step, rank 8 on query and value.
#:project ../src/Nonet.Core/Nonet.Core.csproj
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false
using System.Diagnostics;
using System.Globalization;
using Nonet.Checkpoints;
using Nonet.Checkpoints.Adapters;
using Nonet.Models;
using Nonet.Models.Encoders;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;
using Nonet.Tensors.Cpu;
using Nonet.Training;

const int Texts = 8, Length = 128, Steps = 4;
var folder = Path.Combine(Path.GetTempPath(), "nonet-lora-memory");
if (args is [var kind, ..])
{
    Console.WriteLine(Measure(kind == "lora").ToString(CultureInfo.InvariantCulture));
    return;
}
Write();
double full = Child("full"), lora = Child("lora");
Directory.Delete(folder, recursive: true);
Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
    $"BERT-base, {Texts} texts of {Length} tokens, {Steps} steps: all weights {full:N0} MB, LoRA {lora:N0} MB resident at most; {lora / full:0.000}"));

void Write()
{
    using var device = new CpuDevice();
    using var store = new ParameterStore(device);
    var config = new BertConfig { Vocab = 30522, Head = ModelHead.Pooler };
    config.Create(store.Root);
    store.FillForTraining(1);
    HuggingFaceFolder.Save(folder, config, store);
}

double Child(string kind)
{
    var start = new ProcessStartInfo(Environment.ProcessPath!, [kind]) { RedirectStandardOutput = true };
    using var process = Process.Start(start)!;
    var line = process.StandardOutput.ReadToEnd();
    process.WaitForExit();
    return double.Parse(line, CultureInfo.InvariantCulture);
}

// The most that the process held, in MB: mapped pages that it touched count, too.
double Measure(bool withAdapter)
{
    using var device = new CpuDevice();
    using var store = new ParameterStore(device);
    var opened = HuggingFaceFolder.Open(folder);
    var config = (BertConfig)opened.Config with { Head = ModelHead.SequenceClassification, Labels = ["no", "yes"] };
    var model = (Bert)config.Create(store.Root);
    using var adapter = withAdapter ? PeftAdapter.Attach(model, rank: 8, alpha: 16, whole: p => p.Path.Split('/')[0] is "classifier" or "pooler") : null;
    store.FillForTraining(1, opened.WeightsForNew(config));
    using var optimizer = new AdamW(store);
    var ids = Enumerable.Range(0, Texts)
        .Select(t => Enumerable.Range(0, Length).Select(i => Philox.Below(new RandomKey(1, 0, (uint)t), (ulong)i, config.Vocab)).ToArray()).ToArray();
    for (var step = 0; step < Steps; step++)
    {
        using var scope = new TensorScope();
        using var tape = new Tape();
        var batch = Batch.Of(device, ids).With(new RandomKey(1, (uint)step, 0));
        tape.Backward(Ops.CrossEntropy(model.Task(model.Forward(batch), batch), device.From(Enumerable.Range(0, Texts).Select(t => t % 2).ToArray())));
        optimizer.Step(1e-4, clip: 1);
    }
    using var process = Process.GetCurrentProcess();
    return process.PeakWorkingSet64 / 1e6;
}
