// Trains a model whose architecture is in ParallelDecoder.cs, saves its weights, opens them again, and samples.
//   dotnet run -c Release --project samples/CustomModel -- data model.safetensors 200
using System.Globalization;
using Nonet.Checkpoints;
using Nonet.Data;
using Nonet.Inference;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Text;
using Nonet.Training;
using Nonet.Training.Schedules;

const int Length = 64, Batch = 8;

// arguments: a file or folder of texts, the file for the weights, the number of steps
var steps = int.Parse(args[2], CultureInfo.InvariantCulture);
var tokenizer = new ByteTokenizer();
using var text = TokenizedData.Build(new DataOptions { Sources = [new DataSource { Path = args[0], Documents = DocumentCut.Chapters }] }, tokenizer,
    cache: args[1] + ".tokens");
using var device = new CpuDevice();

using (var parameters = new ParameterStore(device))
{
    var model = Create(parameters);
    parameters.FillForTraining(seed: 1);
    var update = new UpdateStep(parameters, new AdamW(parameters), new CosineSchedule { Peak = 3e-3, Warmup = steps / 10, End = steps, Floor = 0.1 });
    var batches = new BatchSource(text.Train, text.Weights, Length, Batch, seed: 1);
    for (var step = 0; step < steps; step++)
    {
        using var scope = new TensorScope();                                    // this step's buffers
        parameters.ClearGradients();
        var (batch, targets) = MicroBatch.Read(batches, step, device);
        var loss = MicroBatch.Backward(model, batch, targets, total: Batch * Length);
        update.Apply(step + 1, loss);
        if (step % 20 == 0 || step == steps - 1)
            Console.Error.WriteLine(FormattableString.Invariant($"step {step + 1}: {loss:0.000} nats per byte"));
    }
    ParameterFile.Save(args[1], parameters);
}

using var trained = new ParameterStore(device);
var decoder = Create(trained);
trained.FillForInference(ParameterFile.Open(args[1]));
using var engine = new DecodingEngine(decoder, tokenizer);
await foreach (var token in engine.Generate("It was", new GenerationOptions { MaxTokens = 60, Sampler = new SamplerOptions { Temperature = 0.8 } }))
    Console.Write(token.Text);
Console.WriteLine();

ParallelDecoder Create(ParameterStore store) => new(store.Root, tokenizer.Vocab, context: 256, layers: 2, width: 64, heads: 2);
