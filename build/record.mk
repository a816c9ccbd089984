# SPDX-License-Identifier: MIT
# Last, when every rule is known: the flags of each component and flavour are kept in a file on which its
# objects depend, so changed flags rebuild exactly what they compile; editors get the same flags. Those of
# single sources (source-flags.*, arch.mk) stand there too. The folders of all objects are made at once.
stamp-of = $(objects.$(lastword $(subst ., ,$1)))/$(basename $1)/flags
$(foreach f,kernel user,$(eval special.$f := $(patsubst source-flags.$f.%,%,$(filter \
	source-flags.$f.%,$(.VARIABLES)))))
special-flags = $(foreach o,$(filter $(special.$2:%=$(objects.$2)/%.o),$($1.objects)),[$o $(source-flags.$2.$(call \
	object-source,$o,$2))])
object-source = $(patsubst $(objects.$2)/%.o,%,$1)
ifdef building
$(shell for i in $(isas); do mkdir -p out/isa/$$i; ln -sfn ../../../arch/$$i out/isa/$$i/arch; done)
$(shell mkdir -p $(sort $(foreach s,$(stamps),$(dir $(call stamp-of,$s) $($s.objects))) $(dir $(initrd)) \
	$(gen) $(made)))
$(foreach s,$(stamps),$(call write-if-changed,$(call stamp-of,$s),$(compiler) $($s.flags) $(call \
	special-flags,$s,$(lastword $(subst ., ,$s)))))
# (make keys KEYS=... is for others: nothing here is signed with those.)
$(if $(filter-out keys,$(goals)),$(call write-if-changed,$(made)/given,$(KEYS) $(RELEASE) $(PASSWD)))
$(call write-if-changed,$(initrd).list,$(subst $() ,$(newline),$(entries)))
-include $(foreach s,$(stamps),$(patsubst %.o,%.d,$($s.objects)))
endif

comma := ,
entry = {"directory": "$(CURDIR)"$(comma) "file": "$3"$(comma) "output": "$2"$(comma) \
	"command": "$(CC) $(subst ",\",$($1.flags)) $(source-flags.$(lastword $(subst ., ,$1)).$3) -c $3"}@
ours := $(foreach s,$(stamps),$(if $($(basename $s).root),,$s))
entries-of = $(foreach o,$($1.objects),$(call entry,$1,$o,$(call object-source,$o,$(lastword $(subst ., ,$1)))))
compile_commands.json: $(foreach s,$(stamps),$(call stamp-of,$s))
	$(call progress,JSON ,$@)
	@true $(file >$@,[$(subst }@,},$(subst }@ {,}$(comma)$(newline){,$(strip \
		$(foreach s,$(ours),$(call entries-of,$s)))))])
