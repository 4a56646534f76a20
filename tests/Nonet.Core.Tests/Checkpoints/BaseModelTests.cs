using Nonet.Checkpoints;
using Nonet.Models.Decoders;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Text;

namespace Nonet.Tests.Checkpoints;

public class BaseModelTests
{
    [Theory] // around one and two of the pieces of 16,384 values that are read
    [InlineData(128), InlineData(160), InlineData(176), InlineData(192)]
    public void A_fingerprint_reads_within_every_tensor(int width)
    {
        using var folder = new TemporaryFolder();
        using var parameters = new ParameterStore(new CpuDevice(1));
        var config = new LlamaConfig { Vocab = 257, Context = 8, Layers = 1, Width = width, Heads = 8, KvHeads = 8, Hidden = 8 };
        config.Create(parameters.Root);
        parameters.FillForTraining(1);
        HuggingFaceFolder.Save(folder.Path, config, parameters, new ByteTokenizer());

        Assert.Equal(64, BaseModel.FingerprintOf(HuggingFaceFolder.Open(folder.Path).Tensors).Length);
    }
}
