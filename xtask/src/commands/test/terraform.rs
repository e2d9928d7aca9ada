//! Format and validity of the Terraform modules.

use std::path::{Path, PathBuf};

use super::counts::Tally;
use crate::failure::{Failure, Outcome, While};
use crate::workspace::Workspace;
use crate::{process, tools};

/// The provider that the modules use, below a folder of unpacked providers
/// (<https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories>).
const PROVIDER: &str = "registry.terraform.io/hashicorp/aws";

/// Checks the format of everything, and each module against the provider's schema. Downloads nothing: a provider is half a
/// gigabyte.
///
/// # Errors
/// Something is not formatted, or not valid.
pub(super) fn check(workspace: &Workspace, tally: &mut Tally) -> Outcome {
    let Some(terraform) = tools::on_path("terraform") else {
        tally.skip("format and validity of terraform/: terraform is not on PATH");
        return Ok(());
    };
    let folder = workspace.path("terraform");
    process::run(process::command(&terraform, &folder).args(["fmt", "-check", "-recursive"]))?;
    let modules = modules(&folder)?;
    if modules.is_empty() {
        return Err(Failure::new(format!("{} holds no module", folder.display())));
    }
    let Some(providers) = candidates().into_iter().find(|folder| folder.join(PROVIDER).is_dir()) else {
        tally.skip("validity of terraform/: no folder of unpacked providers (name it in TF_PLUGIN_DIR)");
        return Ok(());
    };
    for module in modules {
        let name = module.strip_prefix(&folder).unwrap_or(&module).display().to_string();
        println!("  {name}, with the providers of {}", providers.display());
        // Outside the module: what init writes is large.
        let data = workspace.target().join("terraform").join(name.replace('/', "-"));
        let command = |arguments: &[&str]| {
            let mut command = process::command(&terraform, &module);
            command.args(arguments).env("TF_DATA_DIR", &data).env("CHECKPOINT_DISABLE", "1");
            command
        };
        // A lock file that an earlier run left may be about the providers of another folder.
        let mut init = command(&["init", "-backend=false", "-upgrade", "-input=false", "-no-color"]);
        process::run_quietly(init.arg("-plugin-dir").arg(&providers), &data.with_added_extension("log"))?;
        process::run(&mut command(&["validate", "-no-color"]))?;
    }
    Ok(())
}

/// Every folder with Terraform files in it.
fn modules(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let (mut found, mut has_files) = (Vec::new(), false);
    for entry in std::fs::read_dir(folder).during(folder.display())? {
        let path = entry.during(folder.display())?.path();
        if path.is_dir() && !path.ends_with(".terraform") {
            found.extend(modules(&path)?);
        }
        has_files |= path.extension().is_some_and(|extension| extension == "tf");
    }
    if has_files {
        found.push(folder.to_owned());
    }
    found.sort();
    Ok(found)
}

/// Where unpacked providers may be: named, in Terraform's own places, or in what an image brought.
fn candidates() -> Vec<PathBuf> {
    let named = ["TF_PLUGIN_DIR", "TF_PLUGIN_CACHE_DIR"].into_iter().filter_map(std::env::var_os).map(PathBuf::from);
    let home = std::env::home_dir().map(|home| home.join(".terraform.d/plugins"));
    let system = ["/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins"].map(PathBuf::from);
    let image = std::fs::read_dir("/opt").into_iter().flatten().flatten().map(|entry| entry.path());
    named.chain(home).chain(system).chain(image).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_with_terraform_files_is_a_module() {
        let folder = std::env::temp_dir().join(format!("xtask-terraform-{}", std::process::id()));
        for file in ["README.md", "modules/b/main.tf", "modules/a/main.tf", "modules/a/.terraform/x/main.tf"] {
            let file = folder.join(file);
            std::fs::create_dir_all(file.parent().expect("it has a folder")).expect("a folder");
            std::fs::write(file, "").expect("a file");
        }
        let found = modules(&folder).expect("the folder can be read");
        assert_eq!(found, [folder.join("modules/a"), folder.join("modules/b")]);
        std::fs::remove_dir_all(folder).expect("the folder should be removable");
    }
}
